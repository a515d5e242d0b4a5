import Bytes
import Identifiers
import TLV

/// What every secure message says of itself: its type, its parties, and why it is not an old one.
struct MessageHeader: TLVMessage, TLVSequence, Hashable {
  // MessageHeader ::= SEQUENCE {
  //   type UTF8String,
  //   sender [0] Party,
  //   receiver [1] Party OPTIONAL,   -- absent: whomever it concerns
  //   CHOICE { freshness [2] Challenge, term [3] Term } }
  static let tag: TLVTag = .sequence

  /// Why the message is not an old one.
  enum Binding: Hashable, Sendable {
    case fresh(Challenge)
    case lasting(Term)
  }

  let type: String
  let sender: Party
  let receiver: Party?
  let binding: Binding

  init(type: String, sender: Party, receiver: Party?, binding: Binding) {
    (self.type, self.sender, self.receiver, self.binding) = (type, sender, receiver, binding)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    type = try reader.read(.utf8String)
    sender = try reader.read(0x80)
    receiver = try reader.readIfPresent(0x81)
    if let challenge = try reader.readIfPresent(0x82, as: Challenge.self) {
      binding = .fresh(challenge)
    } else {
      binding = .lasting(try reader.read(0xA3))
    }
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(.utf8String, type)
    writer.write(0x80, sender)
    writer.write(0x81, receiver)
    switch binding {
    case .fresh(let challenge): writer.write(0x82, challenge)
    case .lasting(let term): writer.write(0xA3, term)
    }
  }

  /// Refuses a message of another type, from or to somebody else, or one that does not answer `challenge`.
  func expect(_ type: String, from sender: Party, to receiver: Party?, freshness challenge: Challenge)
    throws(SecureMessageError)
  {
    try expect(type, from: sender, to: receiver)
    guard case .fresh(let found) = binding, equalInConstantTime(found.bytes, challenge.bytes) else { throw .notFresh }
  }

  /// Refuses a statement of another type, from or for somebody else, or one that does not hold at `now`.
  @discardableResult
  func expect(_ type: String, from sender: Party, to receiver: Party?, at now: Instant) throws(SecureMessageError)
    -> Term
  {
    try expect(type, from: sender, to: receiver)
    guard case .lasting(let term) = binding, term.includes(now) else { throw .notValidNow }
    return term
  }

  private func expect(_ type: String, from sender: Party, to receiver: Party?) throws(SecureMessageError) {
    guard self.type == type else { throw .wrongType }
    guard self.sender == sender else { throw .wrongSender }
    guard self.receiver == receiver else { throw .wrongReceiver }
  }
}
