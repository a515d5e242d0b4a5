import Bytes
import CircleOfTrust
import ConnectivityManagement
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store
import TestStores
import TestSupport
import Testing
import Transport

/// SM-SR and SM-DP as an operator meets them: an eUICC that proves itself, and functions that succeed; every call is noted.
private final class Counterpart: ServerLink {
  let circle: TestCircle
  let eid: EID
  let key: PrivateKey
  let report: EUICCReport
  /// Who signs the answer to the operator's question; the eUICC itself where it is nil.
  var impostor: PrivateKey?
  /// How an answer is spoilt.
  var spoil: ([UInt8]) -> [UInt8] = { $0 }
  private(set) var calls: [String] = []

  init(_ circle: TestCircle, eid: EID, maker: Authority? = nil, memory: Int = 100_000) throws {
    let (maker, key) = (maker ?? circle.eum, PrivateKey(.p256, random: circle.random))
    func certified(_ role: PartyCertificate.Role, _ key: PublicKey) throws -> [UInt8] {
      try PartyCertificate(
        role, serialNumber: [1], issuer: [2], subject: eid.bytes, effective: "20260101", expiration: "20360101",
        key: key, signedBy: maker.key
      ).encoded
    }
    (self.circle, self.eid, self.key) = (circle, eid, key)
    var report = EUICCReport(
      eid: eid,
      agreementCertificate: try certified(.ecasdAgreement, PrivateKey(.p256, random: circle.random).publicKey),
      signatureCertificate: try certified(.ecasdSignature, key.publicKey), eumCertificate: maker.certificate.encoded)
    report.commonInformation = .init(operatingSystem: "Simurgh", platform: "GlobalPlatform 2.3", hardware: "software")
    report.status = .init(freeMemory: memory, services: "usim", isdps: [])
    self.report = report
  }

  func exchange(_ message: Message) throws(LinkError) -> Reply {
    calls.append(message.path.split(separator: "/").last.map(String.init) ?? "")
    guard message.path == ES4.IdentifyEUICC.path else {
      return HTTPRules.json(JSONBinding.encode(Result<NoFields, Refusal>.success(NoFields())))
    }
    do {
      let proof = try JSONBinding.decode(ES4.IdentifyEUICC.Request.self, from: message.body).request.proof
      let signature = try (impostor ?? key).sign(proof.signedBytes(eid: eid))
      let answer = ES4.IdentifyEUICC.Response(report: report, signature: signature)
      return HTTPRules.json(spoil(JSONBinding.encode(Result<ES4.IdentifyEUICC.Response, Refusal>.success(answer))))
    } catch { throw LinkError(.broken, "\(error)") }
  }
}

@Suite("E2: an operator's orders for devices", .overEveryStore) struct OrderTests {
  private let circle: TestCircle
  private let desk: Desk
  private let eid: EID
  private let now = TestCircle.start

  init() throws {
    circle = try TestCircle()
    eid = try EID(prefix: "890490320000000000000000000000")
    desk = try Desk(
      store: StoreKind.current.make(), settings: .init(name: "mno"),
      trust: CircleInForce(Circle(roots: [circle.root.certificate])))
  }

  private func order(_ iccid: String = "8988211000000000018", enables: Bool = true) throws -> ProvisioningOrder {
    ProvisioningOrder(
      target: ProfileTarget(eid: eid, iccid: try ICCID(iccid)), smsr: "sr.example.com",
      smdp: ("dp.example.com", "sm-dp"), address: SubscriptionAddress(msisdn: "491700000001"), enables: enables)
  }

  private func run(_ counterpart: Counterpart, rounds: Int = 12) throws {
    for round in 0..<rounds {
      try DeviceProvisioning.run(desk, now: now + .seconds(Int64(60 * round)), over: counterpart)
    }
  }

  @Test("verified, authorised, downloaded, enabled: in this order; the same order again is the same one") func order()
    throws
  {
    let counterpart = try Counterpart(circle, eid: eid)
    for _ in 0..<2 {
      try desk.provision(order(), reference: "o-1", now: now, random: SystemRandomSource.shared)
      try run(counterpart)
    }
    #expect(try desk.act("o-1")?.state == .done)
    #expect(
      counterpart.calls.map { $0.lowercased() } == ["identifyeuicc", "setplma", "downloadprofile", "enableprofile"])
    #expect(throws: ProvisioningError.referenceUsed("o-1")) {
      try desk.provision(
        order("8988211000000000026"), reference: "o-1", now: now, random: SystemRandomSource.shared)
    }
    #expect(try desk.references() == ["o-1"] && desk.order("o-1") == order())
  }

  @Test("a planned order waits until its change begins it, is not verified twice, and is not enabled") func planned()
    throws
  {
    let counterpart = try Counterpart(circle, eid: eid)
    try desk.plan(order(enables: false), reference: "c-1", now: now, random: SystemRandomSource.shared)
    try run(counterpart)
    #expect(try counterpart.calls.isEmpty && desk.act("c-1") == nil && desk.planned(for: eid) == "c-1")
    let verified = try DeviceProvisioning.verify(
      desk, planned: "c-1", at: ["sr.example.com"], call: "v", now: now, over: counterpart)
    guard case .good = verified else {
      Issue.record("\(verified)")
      return
    }
    for _ in 0..<2 {
      #expect(try desk.begin("c-1", now: now)?.state.isOver != nil)
      try run(counterpart)
    }
    #expect(try desk.act("c-1")?.state == .done && desk.planned(for: eid) == nil)
    #expect(counterpart.calls.map { $0.lowercased() } == ["identifyeuicc", "setplma", "downloadprofile"])
    #expect(try desk.begin("c-2", now: now) == nil)
  }

  @Test("without a certificate of the circle, or with a proof that is another's, no profile leaves the operator")
  func unproven() throws {
    let stranger = try TestCircle(seed: "elsewhere")
    let foreign = try Counterpart(circle, eid: eid, maker: stranger.eum)
    let cloned = try Counterpart(circle, eid: eid)
    cloned.impostor = PrivateKey(.p256, random: circle.random)
    let small = try Counterpart(circle, eid: eid, memory: 100)
    for (number, counterpart) in [foreign, cloned, small].enumerated() {
      try desk.provision(order(), reference: "o-\(number)", now: now, random: SystemRandomSource.shared)
      try run(counterpart)
      #expect(try desk.act("o-\(number)")?.state == .failed, "\(number)")
      #expect(counterpart.calls.map { $0.lowercased() } == ["identifyeuicc"], "\(number)")
      try desk.plan(order(enables: false), reference: "c-\(number)", now: now, random: SystemRandomSource.shared)
      let verdict = try DeviceProvisioning.verify(
        desk, planned: "c-\(number)", at: ["sr.example.com"], call: "v", now: now, over: counterpart)
      guard case .bad = verdict else {
        Issue.record("\(number): \(verdict)")
        continue
      }
    }
  }

  @Test("an answer of the SM-SR that is cut at any byte says nothing: the order waits, and no profile leaves")
  func cut()
    throws
  {
    let counterpart = try Counterpart(circle, eid: eid)
    var length = 0
    counterpart.spoil = { bytes in
      length = bytes.count
      return bytes
    }
    try desk.plan(order(), reference: "o", now: now, random: SystemRandomSource.shared)
    _ = try DeviceProvisioning.verify(desk, planned: "o", at: ["sr"], call: "v", now: now, over: counterpart)
    for count in stride(from: 0, to: length, by: 1) {
      counterpart.spoil = { Array($0.prefix(count)) }
      let verdict = try DeviceProvisioning.verify(
        desk, planned: "o", at: ["sr"], call: "v", now: now, over: counterpart)
      if case .good = verdict { Issue.record("\(count) of \(length) bytes") }
    }
    counterpart.spoil = { Array($0.dropLast(9)) }
    try desk.provision(
      order("8988211000000000026"), reference: "o-2", now: now, random: SystemRandomSource.shared)
    try run(counterpart)
    #expect(try desk.act("o-2")?.state == .forward && desk.act("o-2")?.step == "verify")
    #expect(Set(counterpart.calls.map { $0.lowercased() }) == ["identifyeuicc"])
  }
}
