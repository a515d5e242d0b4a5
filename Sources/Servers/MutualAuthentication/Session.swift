import CircleOfTrust
import Identifiers
import SGP22
import TLV

/// What happens in a session once the eUICC is authenticated: each server has its own.
///
/// It is stored as one TLV with a context tag that is neither 80, 83, 84, 85 nor A0.
public protocol SessionCourse: Sendable {
  /// Reads the course from the session's fields.
  init(from reader: inout TLVReader) throws(TLVError)
  /// Writes it there.
  func encode(to writer: inout TLVWriter)
}

/// One RSP session as a server sees it: a value that is stored between requests.
///
/// ```
/// Session ::= SEQUENCE {
///   awaitingClient [0] Challenge | …Course | ended [3] Ended,
///   request [4] OCTET STRING OPTIONAL,     -- SHA-256 of the last one
///   answer [5] OCTET STRING OPTIONAL }     -- what it was answered with
/// ```
public struct Session<Course: SessionCourse>: Sendable {
  public let transactionId: TransactionId
  /// Counts the changes.
  let version: Int
  /// From then on the session is unknown.
  public var expiry: Instant
  /// The eUICC's challenge: 16 bytes, each good for one session.
  let euiccChallenge: [UInt8]
  public private(set) var state: State
  /// The last request, by its SHA-256, and the answer that a repetition gets.
  private(set) var last: (request: [UInt8], answer: [UInt8])?

  /// Where the session stands.
  public enum State: Sendable {
    case awaitingClient(Challenge)
    case authenticated(Course)
    /// Nothing more is taken; a repetition of the last request is refused in the same words.
    case ended(Refusal?)
  }

  /// A new session.
  init(transactionId: TransactionId, euiccChallenge: [UInt8], expiry: Instant, challenge: Challenge) {
    (self.transactionId, self.euiccChallenge, self.expiry) = (transactionId, euiccChallenge, expiry)
    (version, state) = (1, .awaitingClient(challenge))
  }

  /// Goes on to `state` because of the request with SHA-256 `request`, which was answered with `answer`.
  public mutating func go(to state: State, request: [UInt8], answer: [UInt8] = []) {
    self.state = state
    last = (request, answer)
  }

  /// Remembers the request that began the session.
  mutating func begin(request: [UInt8], answer: [UInt8]) { last = (request, answer) }

  /// Whether the request with this SHA-256 is the last one again.
  public func isRepetition(_ request: [UInt8]) -> Bool { last?.request == request }

  // MARK: At rest

  init(
    stored bytes: [UInt8], transactionId: TransactionId, version: Int, expiry: Instant, euiccChallenge: [UInt8]
  ) throws(TLVError) {
    (self.transactionId, self.version, self.expiry) = (transactionId, version, expiry)
    self.euiccChallenge = euiccChallenge
    var reader = try TLVElement(bytes).reader()
    switch reader.nextTag {
    case 0xA0: state = .awaitingClient(try reader.read(0xA0))
    case 0x83:
      let codes: String = try reader.read(0x83)
      let parts = codes.split(separator: "/").map(String.init)
      state = .ended(parts.count == 2 ? Refusal(subject: parts[0], reason: parts[1]) : nil)
    default: state = .authenticated(try Course(from: &reader))
    }
    if let request: [UInt8] = try reader.readIfPresent(0x84) {
      last = (request, try reader.read(0x85))
    }
  }

  /// The session as it is stored, without its key.
  var stored: [UInt8] {
    var writer = TLVWriter(capacity: 4096)
    writer.write(.sequence) { writer in encodeFields(to: &writer) }
    return writer.bytes
  }

  private func encodeFields(to writer: inout TLVWriter) {
    switch state {
    case .awaitingClient(let challenge): writer.write(0xA0, challenge)
    case .authenticated(let course): course.encode(to: &writer)
    case .ended(let refusal): writer.write(0x83, refusal.map { "\($0.subjectCode)/\($0.reasonCode)" } ?? "")
    }
    writer.write(0x84, last?.request)
    writer.write(0x85, last?.answer)
  }
}

/// What the eUICC must answer.
///
/// ```
/// Challenge ::= SEQUENCE { serverChallenge [0] OCTET STRING, issuer [1] OCTET STRING, euiccIssuer [2] OCTET STRING }
/// ```
public struct Challenge: TLVSequence, Hashable {
  /// 16 bytes.
  let serverChallenge: [UInt8]
  /// Under which issuer our certificates are.
  public let issuer: KeyIdentifier
  /// Under which issuer the eUICC's must be: euiccCiPKIdToBeUsed.
  let euiccIssuer: KeyIdentifier

  init(serverChallenge: [UInt8], issuer: KeyIdentifier, euiccIssuer: KeyIdentifier) {
    (self.serverChallenge, self.issuer, self.euiccIssuer) = (serverChallenge, issuer, euiccIssuer)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    serverChallenge = try reader.read(0x80)
    issuer = try reader.read(0x81)
    euiccIssuer = try reader.read(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, serverChallenge)
    writer.write(0x81, issuer)
    writer.write(0x82, euiccIssuer)
  }
}
