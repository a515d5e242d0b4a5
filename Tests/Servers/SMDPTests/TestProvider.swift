import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import SMDP
import Stations
import Store
import TestStores
import TestSupport
import Testing
import Transport

/// An SM-DP over the store of the running test, with a profile in stock for the first of two operators, and an eUICC.
struct TestProvider {
  /// An operator with its TLS certificate.
  struct Caller {
    let name: String
    let certificate: [UInt8]
  }

  let circle: TestCircle
  let trust: CircleInForce
  let store: any Store
  let vault: KeyVault
  let desk: Desk
  let route: Route
  let mno, other: Caller
  let eid: EID
  let iccid: ICCID
  /// The profile's package, with a secret in it.
  let package: [UInt8]
  let given = Given(now: TestCircle.start, random: SystemRandomSource.shared)

  init(vault: KeyVault? = nil) throws {
    let circle = try TestCircle()
    self.circle = circle
    trust = CircleInForce(Circle(roots: [circle.root.certificate]))
    store = try StoreKind.current.make()
    self.vault = try vault ?? KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))
    (eid, iccid) = (try EID("89049032123451234512345678901235"), try ICCID("8988211000000000018"))
    package = Array("a package with a subscriber's key".utf8)
    func caller(_ name: String) throws -> Caller {
      Caller(name: name, certificate: try circle.issue(.operatorTLS).certificate.encoded)
    }
    (mno, other) = (try caller("mno"), try caller("other"))
    desk = try Self.desk(circle, trust, store, self.vault, mno, other)
    let given = given
    route = Route(desk) { given }
    try desk.stock(package, as: iccid, of: "mno", given: given)
  }

  private static func desk(
    _ circle: TestCircle, _ trust: CircleInForce, _ store: any Store, _ vault: KeyVault, _ callers: Caller...
  ) throws -> Desk {
    let key = PrivateKey(.p256, random: circle.random)
    let certificate = try PartyCertificate(
      .smdp, serialNumber: [1], issuer: [2], subject: Array("SM-DP".utf8), effective: "20260101",
      expiration: "20360101", key: key.publicKey, signedBy: circle.root.key)
    return try Desk(
      store: store, certificate: certificate, key: key, vault: vault, trust: trust,
      operators: Requesters(callers.map { .init(identifier: $0.name, fingerprints: [sha256($0.certificate)]) }))
  }

  /// The same SM-DP, started again with another master key.
  func rekeyed(_ vault: KeyVault) throws -> Desk { try Self.desk(circle, trust, store, vault, mno, other) }

  /// The eUICC's credentials, or those of one that `maker` certified, or somebody in its name with `key`.
  func credentials(
    of eid: EID? = nil, by maker: Authority? = nil, signedWith key: PrivateKey? = nil
  ) throws -> EUICCCredentials {
    let maker = maker ?? circle.eum
    let signer = key ?? maker.key
    func certified(_ role: PartyCertificate.Role) throws -> [UInt8] {
      try PartyCertificate(
        role, serialNumber: [1], issuer: [2], subject: (eid ?? self.eid).bytes, effective: "20260101",
        expiration: "20360101", key: PrivateKey(.p256, random: circle.random).publicKey, signedBy: signer
      ).encoded
    }
    return EUICCCredentials(
      EUICCReport(
        eid: eid ?? self.eid, agreementCertificate: try certified(.ecasdAgreement),
        signatureCertificate: try certified(.ecasdSignature), eumCertificate: maker.certificate.encoded))
  }

  func order(
    _ iccid: ICCID? = nil, for eid: EID? = nil, credentials: EUICCCredentials? = nil
  ) throws -> ES2.DownloadProfile.Request {
    ES2.DownloadProfile.Request(
      target: ProfileTarget(eid: eid ?? self.eid, iccid: iccid ?? self.iccid), smsrId: "sr.example.com",
      credentials: try credentials ?? self.credentials(),
      subscriptionAddress: SubscriptionAddress(msisdn: "491700000001"), pol2: [])
  }

  func message(_ request: ES2.DownloadProfile.Request, by caller: Caller, _ call: String) -> Message {
    Message(
      host: "dp.example.com", path: ES2.DownloadProfile.path,
      body: JSONBinding.encode(
        request, header: .init(functionRequesterIdentifier: caller.name, functionCallIdentifier: call)),
      peerCertificate: caller.certificate)
  }

  func call(
    _ request: ES2.DownloadProfile.Request, by caller: Caller? = nil, _ call: String = "1"
  ) throws -> Result<NoFields, Refusal> {
    let reply = route.respond(to: message(request, by: caller ?? mno, call))
    #expect(reply.status == 200)
    return try JSONBinding.decodeAnswer(from: reply.body)
  }

  /// How many downloads there are.
  func downloads() throws -> Int {
    try store.read { try $0.first("SELECT count(*) FROM dp_download")?(0) } ?? 0
  }
}
