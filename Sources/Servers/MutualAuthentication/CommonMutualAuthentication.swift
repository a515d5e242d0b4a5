import CircleOfTrust
import Identifiers
import Keys
import SGP22
import Stations
import Store
import TLV

/// SGP.22 §3.0.1 Common mutual authentication, as a server sees it. SM-DP+ and SM-DS play the same part; what follows
/// when the eUICC is authenticated is the server's own.
public struct CommonMutualAuthentication<Course: SessionCourse>: Sendable {
  /// How the server refuses InitiateAuthentication: the subject is the server.
  public struct Refusals: Sendable {
    let address: Refusal
    let version: Refusal
    let publicKeyIdentifiers: Refusal
    let certificate: Refusal
  }

  /// How the server signs in the record: "SM-DP+".
  let party: String
  /// Its own address.
  let address: String
  /// Its address without a port, in lower case.
  private let hostName: String?
  let refusals: Refusals
  /// The lowest version of SGP.22 that an eUICC may have.
  let lowestVersion: VersionType
  let sessionLifetime: Duration
  let credentials: [ServerCredentials]
  let trust: CircleInForce
  /// The server's sessions.
  public let sessions: SessionTable<Course>

  /// The part of the server `party` at `address`.
  public init(
    party: String, address: String, refusals: Refusals, lowestVersion: VersionType, sessionLifetime: Duration,
    credentials: [ServerCredentials], trust: CircleInForce
  ) {
    (self.party, self.address, self.refusals) = (party, address, refusals)
    hostName = FQDN(address)?.name
    (self.lowestVersion, self.sessionLifetime) = (lowestVersion, sessionLifetime)
    (self.credentials, self.trust, sessions) = (credentials, trust, SessionTable(party: party))
  }

  /// SGP.22 §5.6.1 ES9+.InitiateAuthentication, §5.8.1 ES11.InitiateAuthentication: the server signs the eUICC's
  /// challenge and gives one of its own.
  public func initiateAuthentication(
    _ request: ES9Plus.InitiateAuthentication.Request, given: Given, in reader: any Reader
  ) throws -> Decision<ES9Plus.InitiateAuthentication.Response> {
    let digest = sha256(request.encoded)
    if let session = try sessions.session(euiccChallenge: request.euiccChallenge, in: reader) {
      return try again(session, digest: digest)
    }
    let (credentials, euiccIssuer): (ServerCredentials, KeyIdentifier)
    do throws(Denial) {
      try checkAddress(request.smdpAddress)
      try checkVersion(request.euiccInfo1)
      (credentials, euiccIssuer) = try negotiate(request.euiccInfo1)
    } catch {
      return Decision(refusing: error, by: party, correlation: request.smdpAddress)
    }
    if try sessions.isUsedElsewhere(euiccChallenge: request.euiccChallenge, in: reader) {
      return Decision(refusing: Self.challengeUsed, by: party, correlation: request.smdpAddress)
    }
    guard let transactionId = TransactionId(given.random.bytes(16)) else { throw StoreError.misuse("no random bytes") }
    let serverChallenge = given.random.bytes(16)
    // SGP.22 §5.6.1, §5.8.1: generate serverSigned1 and compute serverSignature1 with SK.DPauth or SK.DSauth.
    let serverSigned1 = Verbatim(
      ServerSigned1(
        transactionId: transactionId, euiccChallenge: request.euiccChallenge, serverAddress: address,
        serverChallenge: serverChallenge), tag: .sequence)
    let response = ES9Plus.InitiateAuthentication.Response(
      transactionId: transactionId, serverSigned1: serverSigned1,
      serverSignature1: try credentials.key.sign(serverSigned1.encoded), euiccCiPKIdToBeUsed: euiccIssuer,
      serverCertificate: credentials.certificate)
    var session = Session<Course>(
      transactionId: transactionId, euiccChallenge: request.euiccChallenge, expiry: given.now + sessionLifetime,
      challenge: Challenge(serverChallenge: serverChallenge, issuer: credentials.issuer, euiccIssuer: euiccIssuer))
    session.begin(request: digest, answer: response.stored)
    return Decision(
      .success(response), correlation: transactionId.description, changes: [sessions.inserted(session)])
  }

  private static var challengeUsed: Denial { Refusal.formatInvalid.because("the eUICC's challenge was used before") }

  /// A challenge that began a session before: the same request gets the same answer, another one is a replay.
  private func again(
    _ session: Session<Course>, digest: [UInt8]
  ) throws -> Decision<ES9Plus.InitiateAuthentication.Response> {
    let correlation = session.transactionId.description
    guard session.isRepetition(digest), let answer = session.last?.answer else {
      return Decision(refusing: Self.challengeUsed, by: party, correlation: correlation)
    }
    return Decision(.success(try .init(stored: answer)), correlation: correlation, changes: [])
  }

  /// SGP.22 §5.6.1: verify that the received address matches its own address; the comparison SHALL be case-insensitive.
  /// A port is a matter of the link.
  private func checkAddress(_ received: String) throws(Denial) {
    guard let wanted = FQDN(received)?.name, wanted == hostName else {
      throw refusals.address.because("the device asked for \(received)")
    }
  }

  /// SGP.22 §5.6.1: check that the SVN indicated by the eUICC is supported.
  private func checkVersion(_ euiccInfo1: EUICCInfo1) throws(Denial) {
    guard euiccInfo1.svn >= lowestVersion else {
      throw refusals.version.because("the eUICC is of version \(euiccInfo1.svn)")
    }
  }

  /// SGP.22 §5.6.1: the certificates of ours that the eUICC can verify, and the issuer, preferred by the eUICC, whose
  /// certificates we can verify.
  private func negotiate(
    _ euiccInfo1: EUICCInfo1
  ) throws(Denial) -> (credentials: ServerCredentials, euiccIssuer: KeyIdentifier) {
    // If none of the CI keys for verification is one of ours there is no CERT.DPauth (CERT.DSauth) to give.
    guard
      let credentials = euiccInfo1.euiccCiPKIdListForVerification.lazy
        .compactMap({ issuer in credentials.first { $0.issuer == issuer } }).first
    else {
      throw refusals.certificate.because("the eUICC verifies \(euiccInfo1.euiccCiPKIdListForVerification)")
    }
    let circle = trust.circle
    guard let euiccIssuer = euiccInfo1.euiccCiPKIdListForSigning.first(where: { circle.root($0) != nil }) else {
      throw refusals.publicKeyIdentifiers.because("the eUICC signs under \(euiccInfo1.euiccCiPKIdListForSigning)")
    }
    return (credentials, euiccIssuer)
  }
}

extension CommonMutualAuthentication.Refusals {
  /// SGP.22 §5.6.1: the SM-DP+'s.
  public static var smdpPlus: Self {
    Self(
      address: .smdpAddressRefused, version: .svnUnsupported, publicKeyIdentifiers: .noCommonPublicKeyIdentifier,
      certificate: .noServerCertificate)
  }

  /// SGP.22 §5.8.1: the SM-DS's.
  public static var smds: Self {
    Self(
      address: .smdsAddressRefused, version: .smdsSvnUnsupported,
      publicKeyIdentifiers: .smdsNoCommonPublicKeyIdentifier, certificate: .smdsNoServerCertificate)
  }
}
