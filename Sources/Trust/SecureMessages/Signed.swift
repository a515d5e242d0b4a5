import Identifiers
import Keys
import TLV

/// A message with its sender's signature, as it arrived or as it was made: ECDSA P-256 with SHA-256 over the bytes
/// of header and body. Nothing in it is to be believed before `verified` returned the body.
public struct Signed<Body: MessageBody>: TLVMessage, TLVSequence {
  // Signed ::= SEQUENCE { toBeSigned SEQUENCE { header MessageHeader, body [0] Body }, signature OCTET STRING }
  public static var tag: TLVTag { .sequence }

  private let content: Verbatim<ToBeSigned<Body>>
  private let signature: [UInt8]

  /// The party that the message names as its sender: which key to verify it with.
  public var claimedSender: Party { content.value.header.sender }
  /// What the message says, unverified: for finding out which key and party it has to be from.
  public var claimedBody: Body { content.value.body }
  /// The number and time that a lasting message names, unverified.
  public var claimedTerm: Term? {
    if case .lasting(let term) = content.value.header.binding { term } else { nil }
  }
  /// The challenge that a fresh message names, unverified: for finding out what it answers.
  public var claimedChallenge: Challenge? {
    if case .fresh(let challenge) = content.value.header.binding { challenge } else { nil }
  }

  /// What the signature covers, and the signature, r and s of 32 bytes each: to be shown to whoever verifies by other means.
  public var evidence: (signed: [UInt8], signature: [UInt8]) { (content.encoded, signature) }

  private init(_ body: Body, by signer: KeyHolder, to receiver: Party?, binding: MessageHeader.Binding)
    throws(SecureMessageError)
  {
    let header = MessageHeader(
      type: Body.messageType, sender: signer.party, receiver: receiver, binding: binding)
    content = Verbatim(ToBeSigned(header: header, body: body), tag: .sequence)
    do { signature = try signer.key.sign(content.encoded) } catch { throw .key(error) }
  }

  private func checkSignature(of sender: KnownParty) throws(SecureMessageError) {
    guard sender.key.curve == .p256, sender.key.verifies(signature, over: content.encoded) else {
      throw .wrongSignature
    }
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    content = try reader.read(.sequence)
    signature = try reader.read(.octetString)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.sequence, content)
    writer.write(.octetString, signature)
  }
}

extension Signed where Body: FreshBody {
  /// Signs `body` as the answer to `challenge`, a number of the `receiver`'s.
  public init(_ body: Body, by signer: KeyHolder, to receiver: Party, answering challenge: Challenge)
    throws(SecureMessageError)
  {
    try self.init(body, by: signer, to: receiver, binding: .fresh(challenge))
  }

  /// The body, if `sender` signed it for `receiver` in answer to `challenge`. Who calls this gives each challenge once.
  public func verified(from sender: KnownParty, to receiver: Party, answering challenge: Challenge)
    throws(SecureMessageError) -> Body
  {
    try content.value.header.expect(Body.messageType, from: sender.party, to: receiver, freshness: challenge)
    try checkSignature(of: sender)
    return content.value.body
  }
}

extension Signed where Body: LastingBody {
  /// Signs the statement `body` for the term given; without a `receiver` it is for whomever it concerns.
  public init(_ body: Body, by signer: KeyHolder, to receiver: Party? = nil, term: Term) throws(SecureMessageError) {
    try self.init(body, by: signer, to: receiver, binding: .lasting(term))
  }

  /// The statement, if `sender` signed it for `receiver` and it holds at `now`.
  public func verified(from sender: KnownParty, to receiver: Party? = nil, at now: Instant)
    throws(SecureMessageError) -> Body
  {
    try content.value.header.expect(Body.messageType, from: sender.party, to: receiver, at: now)
    try checkSignature(of: sender)
    return content.value.body
  }
}

/// What a signature covers.
struct ToBeSigned<Body: MessageBody>: TLVSequence {
  let header: MessageHeader
  let body: Body

  init(header: MessageHeader, body: Body) { (self.header, self.body) = (header, body) }

  init(fields reader: inout TLVReader) throws(TLVError) {
    header = try reader.read()
    body = try reader.read(0xA0)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(header)
    writer.write(0xA0, body)
  }
}

// A signed message can be sealed like any other.

extension Signed: MessageBody { public static var messageType: String { "signed " + Body.messageType } }
extension Signed: FreshBody where Body: FreshBody {}
extension Signed: LastingBody where Body: LastingBody {}
