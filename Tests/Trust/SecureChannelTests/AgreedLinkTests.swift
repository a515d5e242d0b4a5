import Bytes
import Keys
import SecureChannel
import Testing

@Suite("A link between two parties that agreed on a secret") struct AgreedLinkTests {
  private func pair(_ transcript: [UInt8] = [1, 2, 3]) throws -> (opener: AgreedLink, answerer: AgreedLink) {
    let random = SeededRandomSource(seed: [1])
    let (a, b) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    return (
      AgreedLink(sharedSecret: try a.agree(with: b.publicKey), transcript: [1, 2, 3], end: .opener),
      AgreedLink(sharedSecret: try b.agree(with: a.publicKey), transcript: transcript, end: .answerer)
    )
  }

  @Test("what one end seals the other opens, both ways, empty messages too") func bothWays() throws {
    var (opener, answerer) = try pair()
    for text: [UInt8] in [[], [1], [UInt8](repeating: 9, count: 5000)] {
      let there = try opener.seal(text, header: [7])
      #expect(there.count == text.count + AgreedLink.overhead)
      #expect(try answerer.open(there, header: [7]) == text)
      #expect(try opener.open(answerer.seal(text)) == text)
    }
  }

  @Test("the same text looks different each time, and in each direction") func fresh() throws {
    var (opener, answerer) = try pair()
    let sealed = [try opener.seal([5, 5]), try opener.seal([5, 5]), try answerer.seal([5, 5])]
    #expect(Set(sealed).count == 3)
  }

  @Test("any bit changed in message or header ends the link for good") func tampering() throws {
    for bit in 0..<(20 * 8) {
      var (opener, answerer) = try pair()
      var sealed = try opener.seal([1, 2, 3, 4])
      sealed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: KeyError.self) { try answerer.open(sealed) }
      #expect(throws: KeyError.self) { try answerer.open(opener.seal([1])) }
      #expect(throws: KeyError.self) { try answerer.seal([1]) }
    }
    var (opener, answerer) = try pair()
    let sealed = try opener.seal([1], header: [1])
    #expect(throws: KeyError.self) { try answerer.open(sealed, header: [2]) }
  }

  @Test("a message dropped, doubled, swapped or turned back to its sender does not open") func order() throws {
    var (opener, answerer) = try pair()
    let (first, second) = (try opener.seal([1]), try opener.seal([2]))
    var copy = answerer
    #expect(throws: KeyError.self) { try copy.open(second) }
    copy = answerer
    _ = try copy.open(first)
    #expect(throws: KeyError.self) { try copy.open(first) }
    #expect(throws: KeyError.self) { try opener.open(first) }
    #expect(try answerer.open(first) == [1])
    #expect(try answerer.open(second) == [2])
  }

  @Test("ends that did not hear the same do not understand each other") func transcript() throws {
    var (opener, answerer) = try pair([1, 2, 4])
    #expect(throws: KeyError.self) { try answerer.open(opener.seal([1])) }
  }
}
