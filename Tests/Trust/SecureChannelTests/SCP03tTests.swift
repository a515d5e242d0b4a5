import Bytes
import Keys
import SecureChannel
import TLV
import Testing

@Suite("SCP03t: a profile on its way to an ISD-P") struct SCP03tTests {
  let random = SeededRandomSource(seed: Array("scp03t".utf8))
  let aid = try? [UInt8](hex: "A0000005591010FFFFFFFF8900001000")

  func keys() throws -> SCP03.Keys {
    try SCP03.Keys(enc: Secret(random.bytes(16)), mac: Secret(random.bytes(16)), dek: Secret(random.bytes(16)))
  }

  /// Both sides, after 84 and 85.
  func session(_ keys: SCP03.Keys) throws -> (host: SCP03t.Host, card: SCP03t.Card) {
    var host = SCP03t.Host(keys: keys, keyVersion: 0x30, random: random)
    var card = try SCP03t.Card(
      initializeUpdate: TLVElement(host.initializeUpdate), keys: keys, sequenceCounter: [0, 0, 1], aid: aid ?? [])
    let command = try host.authenticate(card.response)
    #expect(try card.externalAuthenticate(TLVElement(command)) == [0x85, 0x00])
    return (host, card)
  }

  @Test("SGP.02 §4.1.3.3: 84 and 85 open the channel, 86 carries the profile, and each is answered") func download()
    throws
  {
    var (host, card) = try session(keys())
    let payload = BSP.Tag.profile.payloadLimit
    for data in [random.bytes(1), random.bytes(payload), random.bytes(500)] {
      let segment = try host.protect(data[...], as: .profile)
      #expect(try card.open(TLVElement(segment), as: .profile) == data)
      for said in [[], [0x30, 0x00], random.bytes(40)] { #expect(try host.open(card.answer(said)) == said) }
    }
  }

  @Test("SGP.02 §4.1.3.3: after 87 the segments are under keys of their own") func replacement() throws {
    var (host, card) = try session(keys())
    let replaced = try BSP.SessionKeys(random: random)
    try host.replaceKeys(replaced)
    let segment = try host.protect([1, 2, 3], as: .profile)
    var unaware = card
    #expect(throws: BSPError.wrongMAC) { try unaware.open(TLVElement(segment), as: .profile) }
    try card.replaceKeys(replaced)
    #expect(try card.open(TLVElement(segment), as: .profile) == [1, 2, 3])
  }

  @Test("who has not the keys is refused on both sides") func foreignKeys() throws {
    let (keys, foreign) = (try keys(), try keys())
    var host = SCP03t.Host(keys: foreign, keyVersion: 0x30, random: random)
    var card = try SCP03t.Card(
      initializeUpdate: TLVElement(host.initializeUpdate), keys: keys, sequenceCounter: [0, 0, 1], aid: aid ?? [])
    #expect(throws: SCP03Error.wrongCryptogram) { try host.authenticate(card.response) }
    let blind: [UInt8] = [0x85, 0x11, 0x33] + random.bytes(16)
    #expect(throws: SCP03Error.wrongMAC) { try card.externalAuthenticate(TLVElement(blind)) }
    #expect(throws: SCP03Error.unusable) { try card.externalAuthenticate(TLVElement(blind)) }
  }

  @Test("a weaker security level is refused") func level() throws {
    let keys = try keys()
    var host = SCP03t.Host(keys: keys, keyVersion: 0x30, random: random)
    var card = try SCP03t.Card(
      initializeUpdate: TLVElement(host.initializeUpdate), keys: keys, sequenceCounter: [0, 0, 1], aid: aid ?? [])
    var command = try host.authenticate(card.response)
    command[2] = 0x01
    #expect(throws: SCP03Error.levelRefused) { try card.externalAuthenticate(TLVElement(command)) }
  }

  @Test(
    "segments that are spliced, reordered, doubled or of another session are refused, and nothing passes after them")
  func splicing() throws {
    let keys = try keys()
    var (host, card) = try session(keys)
    let segments = try (0..<3).map { try host.protect([UInt8($0)], as: .profile) }
    var (other, _) = try session(keys)
    let foreign = try other.protect([0], as: .profile)
    func refuses(_ order: [[UInt8]]) throws -> Bool {
      var card = card
      for segment in order.dropLast() { _ = try card.open(TLVElement(segment), as: .profile) }
      let last = try #require(order.last)
      #expect(throws: BSPError.wrongMAC) { try card.open(TLVElement(last), as: .profile) }
      #expect(throws: BSPError.unusable) { try card.open(TLVElement(segments[0]), as: .profile) }
      return true
    }
    for order in [[segments[1]], [segments[0], segments[0]], [segments[0], segments[2]], [foreign]] {
      #expect(try refuses(order))
    }
    #expect(throws: BSPError.wrongTag) { try card.open(TLVElement(segments[0]), as: .metadata) }
  }

  @Test("an answer that was changed, or is another segment's, is refused") func answers() throws {
    var (host, card) = try session(keys())
    _ = try card.open(TLVElement(host.protect([1], as: .profile)), as: .profile)
    let answer = try card.answer([1, 2, 3])
    for bit in 0..<answer.count * 8 {
      var changed = answer
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: BSPError.self) { try host.open(changed) }
    }
    _ = try host.protect([2], as: .profile)
    #expect(throws: BSPError.wrongMAC) { try host.open(answer) }
  }
}
