import Identifiers
import Keys
import TLV

/// A message that only the holder of one private key can read (HPKE, RFC 9180); the header, which is in clear, is the
/// `info`. Anybody can seal: a receiver that acts on a message takes a `Sealed<Signed<Body>>`.
public struct Sealed<Body: MessageBody>: TLVMessage, TLVSequence {
  // Sealed ::= SEQUENCE { header MessageHeader, encapsulatedKey OCTET STRING, ciphertext OCTET STRING }
  public static var tag: TLVTag { .sequence }

  private let header: Verbatim<MessageHeader>
  private let message: HPKE.Message

  /// The party that the message names as its sender.
  public var claimedSender: Party { header.value.sender }

  private init(_ body: Body, from sender: Party, to receiver: KnownParty, binding: MessageHeader.Binding)
    throws(SecureMessageError)
  {
    header = Verbatim(
      MessageHeader(type: Body.messageType, sender: sender, receiver: receiver.party, binding: binding))
    var writer = TLVWriter(capacity: 256)
    writer.write(.sequence, body)
    do { message = try HPKE.seal(writer.bytes, to: receiver.key, info: header.encoded) } catch { throw .key(error) }
  }

  private func body(for receiver: KeyHolder) throws(SecureMessageError) -> Body {
    let plaintext: [UInt8]
    do { plaintext = try HPKE.open(message, with: receiver.key, info: header.encoded) } catch { throw .cannotOpen }
    guard let element = try? TLVElement(plaintext), element.tag == .sequence, let body = try? Body(element) else {
      throw .malformed
    }
    return body
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    header = try reader.read(.sequence)
    message = HPKE.Message(
      encapsulatedKey: try reader.read(.octetString), ciphertext: try reader.read(.octetString))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.sequence, header)
    writer.write(.octetString, message.encapsulatedKey)
    writer.write(.octetString, message.ciphertext)
  }
}

extension Sealed where Body: FreshBody {
  /// Seals `body` to `receiver` as the answer to its `challenge`.
  public init(_ body: Body, from sender: Party, to receiver: KnownParty, answering challenge: Challenge)
    throws(SecureMessageError)
  {
    try self.init(body, from: sender, to: receiver, binding: .fresh(challenge))
  }

  /// The body, if it was sealed to `receiver` in answer to `challenge`; that `sender` did it is not shown by this.
  public func opened(from sender: Party, by receiver: KeyHolder, answering challenge: Challenge)
    throws(SecureMessageError) -> Body
  {
    try header.value.expect(Body.messageType, from: sender, to: receiver.party, freshness: challenge)
    return try body(for: receiver)
  }
}

extension Sealed where Body: LastingBody {
  /// Seals the statement `body` to `receiver` for the term given.
  public init(_ body: Body, from sender: Party, to receiver: KnownParty, term: Term) throws(SecureMessageError) {
    try self.init(body, from: sender, to: receiver, binding: .lasting(term))
  }

  /// The statement, if it was sealed to `receiver` and holds at `now`; that `sender` did it is not shown by this.
  public func opened(from sender: Party, by receiver: KeyHolder, at now: Instant) throws(SecureMessageError) -> Body {
    try header.value.expect(Body.messageType, from: sender, to: receiver.party, at: now)
    return try body(for: receiver)
  }
}
