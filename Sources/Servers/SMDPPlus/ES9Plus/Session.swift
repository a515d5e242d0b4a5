import CircleOfTrust
import Identifiers
import Keys
import SGP22
import TLV

/// One RSP session as the SM-DP+ sees it: a value that is stored between requests.
///
/// ```
/// Session ::= SEQUENCE {
///   awaitingClient [0] Challenge | authenticated [1] Authenticated | delivered [2] Delivered | ended [3] Ended,
///   request [4] OCTET STRING OPTIONAL,     -- SHA-256 of the last one
///   answer [5] OCTET STRING OPTIONAL }     -- what it was answered with
/// ```
struct Session: Sendable {
  let transactionId: TransactionId
  /// Counts the changes.
  let version: Int
  /// From then on the session is unknown.
  var expiry: Instant
  /// The eUICC's challenge: 16 bytes, each good for one session.
  let euiccChallenge: [UInt8]
  private(set) var state: State
  /// The last request, by its SHA-256, and the answer that a repetition gets.
  private(set) var last: (request: [UInt8], answer: [UInt8])?

  enum State: Sendable {
    case awaitingClient(Challenge)
    case authenticated(Authenticated)
    case delivered(Delivered)
    /// Nothing more is taken; a repetition of the last request is refused in the same words.
    case ended(Refusal?)
  }

  /// A new session.
  init(transactionId: TransactionId, euiccChallenge: [UInt8], expiry: Instant, challenge: Challenge) {
    (self.transactionId, self.euiccChallenge, self.expiry) = (transactionId, euiccChallenge, expiry)
    (version, state) = (1, .awaitingClient(challenge))
  }

  /// Goes on to `state` because of the request with SHA-256 `request`, which was answered with `answer`.
  mutating func go(to state: State, request: [UInt8], answer: [UInt8] = []) {
    self.state = state
    last = (request, answer)
  }

  /// Remembers the request that began the session.
  mutating func begin(request: [UInt8], answer: [UInt8]) { last = (request, answer) }

  /// Whether the request with this SHA-256 is the last one again.
  func isRepetition(_ request: [UInt8]) -> Bool { last?.request == request }

  // MARK: At rest

  init(
    stored bytes: [UInt8], transactionId: TransactionId, version: Int, expiry: Instant, euiccChallenge: [UInt8]
  ) throws(TLVError) {
    (self.transactionId, self.version, self.expiry) = (transactionId, version, expiry)
    self.euiccChallenge = euiccChallenge
    var reader = try TLVElement(bytes).reader()
    switch reader.nextTag {
    case 0xA0: state = .awaitingClient(try reader.read(0xA0))
    case 0xA1: state = .authenticated(try reader.read(0xA1))
    case 0xA2: state = .delivered(try reader.read(0xA2))
    default:
      let codes: String = try reader.read(0x83)
      let parts = codes.split(separator: "/").map(String.init)
      state = .ended(parts.count == 2 ? Refusal(subject: parts[0], reason: parts[1]) : nil)
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
    case .authenticated(let authenticated): writer.write(0xA1, authenticated)
    case .delivered(let delivered): writer.write(0xA2, delivered)
    case .ended(let refusal): writer.write(0x83, refusal.map { "\($0.subjectCode)/\($0.reasonCode)" } ?? "")
    }
    writer.write(0x84, last?.request)
    writer.write(0x85, last?.answer)
  }
}

extension Session {
  /// What the eUICC must answer.
  ///
  /// ```
  /// Challenge ::= SEQUENCE { serverChallenge [0] OCTET STRING, issuer [1] OCTET STRING, euiccIssuer [2] OCTET STRING }
  /// ```
  struct Challenge: TLVSequence, Hashable {
    /// 16 bytes.
    let serverChallenge: [UInt8]
    /// Under which issuer our certificates are.
    let issuer: KeyIdentifier
    /// Under which issuer the eUICC's must be: euiccCiPKIdToBeUsed.
    let euiccIssuer: KeyIdentifier

    init(serverChallenge: [UInt8], issuer: KeyIdentifier, euiccIssuer: KeyIdentifier) {
      (self.serverChallenge, self.issuer, self.euiccIssuer) = (serverChallenge, issuer, euiccIssuer)
    }

    init(fields reader: inout TLVReader) throws(TLVError) {
      serverChallenge = try reader.read(0x80)
      issuer = try reader.read(0x81)
      euiccIssuer = try reader.read(0x82)
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, serverChallenge)
      writer.write(0x81, issuer)
      writer.write(0x82, euiccIssuer)
    }
  }

  /// The eUICC that was authenticated, and with what key it signs.
  ///
  /// ```
  /// Peer ::= SEQUENCE { eid [APPLICATION 26] OCTET STRING, isBrainpool [0] BOOLEAN, point [1] OCTET STRING }
  /// ```
  struct Peer: TLVSequence, Hashable {
    let eid: EID
    let key: PublicKey

    init(eid: EID, key: PublicKey) { (self.eid, self.key) = (eid, key) }

    init(fields reader: inout TLVReader) throws(TLVError) {
      eid = try reader.read(.iccid)
      let isBrainpool: Bool = try reader.read(0x80)
      let point: [UInt8] = try reader.read(0x81)
      do { key = try PublicKey(isBrainpool ? .brainpoolP256r1 : .p256, point: point) } catch {
        throw .invalid(0x81, "\(error)")
      }
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(.iccid, eid)
      writer.write(0x80, key.curve == .brainpoolP256r1)
      writer.write(0x81, key.point)
    }
  }

  /// An eUICC for which a profile was found.
  ///
  /// ```
  /// Authenticated ::= SEQUENCE {
  ///   peer [0] Peer, issuer [1] OCTET STRING, iccid [2] OCTET STRING, smdpSigned2 [3] OCTET STRING,
  ///   smdpSignature2 [4] OCTET STRING }
  /// ```
  struct Authenticated: TLVSequence, Hashable {
    let peer: Peer
    let issuer: KeyIdentifier
    /// The profile.
    let iccid: ICCID
    /// What we signed, and how: the eUICC's next signature covers the latter.
    let smdpSigned2: Verbatim<SmdpSigned2>
    let smdpSignature2: [UInt8]

    init(
      peer: Peer, issuer: KeyIdentifier, iccid: ICCID, smdpSigned2: Verbatim<SmdpSigned2>, smdpSignature2: [UInt8]
    ) {
      (self.peer, self.issuer, self.iccid) = (peer, issuer, iccid)
      (self.smdpSigned2, self.smdpSignature2) = (smdpSigned2, smdpSignature2)
    }

    init(fields reader: inout TLVReader) throws(TLVError) {
      peer = try reader.read(0xA0)
      issuer = try reader.read(0x81)
      iccid = try reader.read(0x82)
      smdpSigned2 = try Verbatim(TLVElement(reader.element(0x83).content))
      smdpSignature2 = try reader.read(0x84)
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peer)
      writer.write(0x81, issuer)
      writer.write(0x82, iccid)
      writer.write(0x83, smdpSigned2.encoded)
      writer.write(0x84, smdpSignature2)
    }
  }

  /// An eUICC that has got its package.
  ///
  /// ```
  /// Delivered ::= SEQUENCE { peer [0] Peer, issuer [1] OCTET STRING, iccid [2] OCTET STRING }
  /// ```
  struct Delivered: TLVSequence, Hashable {
    let peer: Peer
    let issuer: KeyIdentifier
    let iccid: ICCID

    init(peer: Peer, issuer: KeyIdentifier, iccid: ICCID) {
      (self.peer, self.issuer, self.iccid) = (peer, issuer, iccid)
    }

    init(fields reader: inout TLVReader) throws(TLVError) {
      peer = try reader.read(0xA0)
      issuer = try reader.read(0x81)
      iccid = try reader.read(0x82)
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peer)
      writer.write(0x81, issuer)
      writer.write(0x82, iccid)
    }
  }
}
