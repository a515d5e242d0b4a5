import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV
import Testing

/// An order that answers a challenge.
private struct Order: FreshBody, Equatable {
  static let messageType = "Test.Order"
  let text: String
  init(_ text: String) { self.text = text }
  init(fields reader: inout TLVReader) throws(TLVError) { text = try reader.read(0x80) }
  func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, text) }
}

/// The same fields under another name.
private struct Refund: FreshBody {
  static let messageType = "Test.Refund"
  init(fields reader: inout TLVReader) throws(TLVError) { _ = try reader.read(0x80, as: String.self) }
  func encodeFields(to writer: inout TLVWriter) {}
}

/// A statement.
private struct Approval: LastingBody, Equatable {
  static let messageType = "Test.Approval"
  let text: String
  init(_ text: String) { self.text = text }
  init(fields reader: inout TLVReader) throws(TLVError) { text = try reader.read(0x80) }
  func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, text) }
}

@Suite("Secure messages: signed and sealed") struct SecureMessagesTests {
  private let alice: KeyHolder
  private let bob: KeyHolder
  private let eve: KeyHolder
  private let challenge: Challenge
  private let other: Challenge
  private let now = Instant(seconds: 1_800_000_000)
  private let term = Term(
    serial: 7, notBefore: Instant(seconds: 1_799_999_999), notAfter: Instant(seconds: 1_800_000_001))

  init() throws {
    let random = SeededRandomSource(seed: Array("secure messages".utf8))
    alice = KeyHolder(try Party("carrier:44010"), key: PrivateKey(.p256, random: random))
    bob = KeyHolder(try Party("module:0001"), key: PrivateKey(.p256, random: random))
    eve = KeyHolder(try Party("module:0002"), key: PrivateKey(.p256, random: random))
    (challenge, other) = (Challenge(random: random), Challenge(random: random))
  }

  private func order() throws -> Signed<Order> {
    try Signed(Order("write"), by: alice, to: bob.party, answering: challenge)
  }

  @Test("a signed message is read from its bytes by whom it is meant for") func signed() throws {
    let received = try Signed<Order>(encoded: order().encoded)
    #expect(received.claimedSender == alice.party)
    #expect(try received.verified(from: alice.known, to: bob.party, answering: challenge) == Order("write"))
  }

  @Test("the signer's key under another name, another key, receiver, challenge or type is refused") func parties()
    throws
  {
    let order = try order()
    #expect(throws: SecureMessageError.wrongSender) {
      try order.verified(from: eve.known, to: bob.party, answering: challenge)
    }
    #expect(throws: SecureMessageError.wrongSignature) {
      try order.verified(from: KnownParty(alice.party, key: eve.key.publicKey), to: bob.party, answering: challenge)
    }
    #expect(throws: SecureMessageError.wrongSender) {
      try order.verified(from: KnownParty(eve.party, key: alice.key.publicKey), to: bob.party, answering: challenge)
    }
    #expect(throws: SecureMessageError.wrongReceiver) {
      try order.verified(from: alice.known, to: eve.party, answering: challenge)
    }
    #expect(throws: SecureMessageError.notFresh) {
      try order.verified(from: alice.known, to: bob.party, answering: other)
    }
    let refund = try Signed<Refund>(encoded: order.encoded)
    #expect(throws: SecureMessageError.wrongType) {
      try refund.verified(from: alice.known, to: bob.party, answering: challenge)
    }
  }

  @Test("a signed message cut anywhere, lengthened or changed in any bit is refused") func tampering() throws {
    let bytes = try order().encoded
    for length in bytes.indices { #expect(throws: TLVError.self) { try Signed<Order>(encoded: bytes.prefix(length)) } }
    #expect(throws: TLVError.self) { try Signed<Order>(encoded: bytes + [0]) }
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        guard let message = try? Signed<Order>(encoded: changed) else { continue }
        #expect(throws: SecureMessageError.self) {
          try message.verified(from: alice.known, to: bob.party, answering: challenge)
        }
      }
    }
  }

  @Test("a statement holds from its first to its last second, for whom it is made") func lasting() throws {
    let approval = try Signed<Approval>(encoded: Signed(Approval("model"), by: alice, term: term).encoded)
    #expect(approval.claimedTerm == term)
    for now in [term.notBefore, now, term.notAfter + .milliseconds(999)] {
      #expect(try approval.verified(from: alice.known, at: now) == Approval("model"))
    }
    for now in [term.notBefore - .milliseconds(1), term.notAfter + .seconds(1)] {
      #expect(throws: SecureMessageError.notValidNow) { try approval.verified(from: alice.known, at: now) }
    }
    #expect(throws: SecureMessageError.wrongReceiver) {
      try approval.verified(from: alice.known, to: bob.party, at: now)
    }
    let personal = try Signed(Approval("model"), by: alice, to: bob.party, term: term)
    #expect(throws: SecureMessageError.wrongReceiver) { try personal.verified(from: alice.known, at: now) }
    #expect(try personal.verified(from: alice.known, to: bob.party, at: now) == Approval("model"))
  }

  @Test("a sealed message opens for its receiver, type, parties and challenge only") func sealed() throws {
    let sealed = try Sealed<Order>(
      encoded: Sealed(Order("card 4111"), from: bob.party, to: alice.known, answering: challenge).encoded)
    #expect(try sealed.opened(from: bob.party, by: alice, answering: challenge) == Order("card 4111"))
    #expect(throws: SecureMessageError.notFresh) { try sealed.opened(from: bob.party, by: alice, answering: other) }
    #expect(throws: SecureMessageError.wrongSender) {
      try sealed.opened(from: eve.party, by: alice, answering: challenge)
    }
    #expect(throws: SecureMessageError.wrongReceiver) {
      try sealed.opened(from: bob.party, by: eve, answering: challenge)
    }
    #expect(throws: SecureMessageError.cannotOpen) {
      try sealed.opened(from: bob.party, by: KeyHolder(alice.party, key: eve.key), answering: challenge)
    }
    let refund = try Sealed<Refund>(encoded: sealed.encoded)
    #expect(throws: SecureMessageError.wrongType) {
      try refund.opened(from: bob.party, by: alice, answering: challenge)
    }
  }

  @Test("a sealed statement opens while it holds") func sealedStatement() throws {
    let sealed = try Sealed<Approval>(
      encoded: Sealed(Approval("model"), from: bob.party, to: alice.known, term: term).encoded)
    #expect(try sealed.opened(from: bob.party, by: alice, at: now) == Approval("model"))
    #expect(throws: SecureMessageError.notValidNow) {
      try sealed.opened(from: bob.party, by: alice, at: term.notAfter + .seconds(1))
    }
  }

  @Test("a sealed message cut anywhere, lengthened or changed in any bit is refused, header and all")
  func sealedTampering() throws {
    let bytes = try Sealed(Order("card 4111"), from: bob.party, to: alice.known, answering: challenge).encoded
    for length in bytes.indices { #expect(throws: TLVError.self) { try Sealed<Order>(encoded: bytes.prefix(length)) } }
    #expect(throws: TLVError.self) { try Sealed<Order>(encoded: bytes + [0]) }
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        guard let message = try? Sealed<Order>(encoded: changed) else { continue }
        // Whoever believes the changed header still does not open what was sealed under the true one.
        for (sender, receiver, answer) in [(bob, alice, challenge), (eve, alice, challenge), (bob, alice, other)] {
          #expect(throws: SecureMessageError.self) {
            try message.opened(from: sender.party, by: receiver, answering: answer)
          }
        }
      }
    }
  }

  @Test("what is signed and then sealed keeps both bindings") func signedAndSealed() throws {
    let sealed = try Sealed<Signed<Order>>(
      encoded: Sealed(order(), from: alice.party, to: bob.known, answering: challenge).encoded)
    let signed = try sealed.opened(from: alice.party, by: bob, answering: challenge)
    #expect(try signed.verified(from: alice.known, to: bob.party, answering: challenge) == Order("write"))
    // Sealed without a signature, it is of another type.
    let bare = try Sealed(Order("write"), from: alice.party, to: bob.known, answering: challenge)
    #expect(throws: SecureMessageError.wrongType) {
      try Sealed<Signed<Order>>(encoded: bare.encoded).opened(from: alice.party, by: bob, answering: challenge)
    }
  }

  @Test("sealed bytes that are no body of the type are refused") func malformed() throws {
    let empty = try Sealed(NotAnOrder(), from: bob.party, to: alice.known, answering: challenge)
    #expect(throws: SecureMessageError.malformed) {
      try Sealed<Order>(encoded: empty.encoded).opened(from: bob.party, by: alice, answering: challenge)
    }
  }

  @Test("a key on another curve neither signs nor is sealed to") func curve() throws {
    let brainpool = KeyHolder(alice.party, key: PrivateKey(.brainpoolP256r1, random: SeededRandomSource(seed: [1])))
    let signed = try Signed(Order("write"), by: brainpool, to: bob.party, answering: challenge)
    #expect(throws: SecureMessageError.wrongSignature) {
      try signed.verified(from: brainpool.known, to: bob.party, answering: challenge)
    }
    #expect(throws: SecureMessageError.self) {
      try Sealed(Order("write"), from: bob.party, to: brainpool.known, answering: challenge)
    }
  }

  @Test("names, challenges and terms that make no sense are refused", arguments: ["", "a b", "ü", "a\u{0}"])
  func nonsense(name: String) throws {
    #expect(throws: InvalidIdentifier.self) { try Party(name) }
    #expect(throws: InvalidIdentifier.self) { try Party(String(repeating: "a", count: 65)) }
    #expect(Challenge([UInt8](repeating: 0, count: 15)) == nil && Challenge([UInt8](repeating: 0, count: 33)) == nil)
    #expect(!Term(serial: 1, notBefore: now, notAfter: now - .seconds(1)).includes(now))
  }

  @Test("a term that names a time before 1970 or after 9999 is refused, before anybody reckons with it")
  func times() throws {
    func term(_ notBefore: Int, _ notAfter: Int) throws -> Term {
      var writer = TLVWriter()
      writer.write(.sequence) { writer in
        writer.write(0x80, 1)
        writer.write(0x81, notBefore)
        writer.write(0x82, notAfter)
      }
      var reader = TLVReader(writer.bytes)
      return try reader.read(.sequence)
    }
    for bad in [-9_223_372_036_854_775, -1, 253_402_300_800, 9_223_372_036_854_775, .min, .max] {
      #expect(throws: TLVError.self, "\(bad)") { try term(bad, 1) }
      #expect(throws: TLVError.self, "\(bad)") { try term(1, bad) }
    }
    #expect(try term(0, 253_402_300_799).includes(now))
    // What is signed here stays within it too: it could not be read.
    let endless = Term(serial: 1, notBefore: Instant(milliseconds: .min), notAfter: Instant(milliseconds: .max))
    #expect(try endless == term(0, 253_402_300_799))
  }
}

/// A body that bears the order's name and has no field.
private struct NotAnOrder: FreshBody {
  static let messageType = "Test.Order"
  init() {}
  init(fields reader: inout TLVReader) throws(TLVError) {}
  func encodeFields(to writer: inout TLVWriter) {}
}
