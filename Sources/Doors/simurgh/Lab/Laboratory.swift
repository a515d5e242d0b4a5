import AuC
import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import LPA
import OrderDesk
import SGP22
import SMDPPlus
import Stations
import Store
import TLV
import Transport
import TransportCard
import TransportHTTP
import World

/// The lab: every party of a site in one process, each reached the way it is reached in the field.
final class Laboratory {
  private let site: Site
  private let story: Story
  private var server: HTTPServer?
  private var errands: Task<Void, Never>?
  private var party: SMDPPlusParty?
  private var discovery: LabDiscovery?
  private var lock: ServersLock?
  private let random = SystemRandomSource.shared

  /// The operator's name on ES2+, and its client certificate.
  private static let operatorName = "lab-operator"
  private static let operatorCertificate = "operator/lab-operator"

  init(site: Site, story: Story) { (self.site, self.story) = (site, story) }

  /// The activation code of a profile that waits for whoever tries the lab.
  private var offer: ActivationCode?

  /// What can be done once the lab is up, as commands to copy.
  var invitation: String {
    let simurgh = CommandLine.arguments.first ?? "simurgh"
    func line(_ arguments: String, _ what: String) -> String {
      "    \(simurgh) \(arguments) --dir \(site.directory)\n      \(what)\n"
    }
    return """

      The lab is up; Ctrl-C ends it. A second profile waits, and a third at the SM-DS: from another terminal,

      \(line("lpa download '\(offer?.description ?? "LPA:1$…")' --yes --enable", "downloads it into the card and enables it"))
      \(line("lpa discover --download --yes", "asks the SM-DS what waits for the card, and downloads it"))
      \(line("lpa list", "shows what the card has"))
      \(line("profile list", "shows what the SM-DP+ knows"))
      \(line("card show --json", "the card for scripts"))
      \(line("profile import PACKAGE.der", "offers a package of your own"))
      """
  }

  // MARK: Starting

  /// Circle, store and servers.
  func start() async throws {
    story.say("Simurgh lab in \(site.directory.printable())")
    try site.create()
    lock = try ServersLock.begin(site)
    try await story.step(
      "certificates", detail: { (count: Int) in "\(count) certificates on P-256 and brainpoolP256r1" }
    ) {
      try prepareCircle()
      return try site.circle.entries().count
    }
    let database = try ServerConfiguration.read(site.configurationFile).store
    let storeName = try site.storeName(database)
    let store = try await story.step("store", detail: { _ in storeName }) { try site.store(database) }
    try await story.step("SM-DS", detail: { (address: String) in "ES11 and ES12 as \(address)" }) {
      let started = try await LabDiscovery.start(site, store)
      discovery = started
      return started.configuration.address
    }
    try await story.step("SM-DP+", detail: { (address: String) in "ES9+ and ES2+ as \(address)" }) {
      try await startServer(store)
    }
  }

  /// Makes what is missing of the lab's circle.
  private func prepareCircle() throws {
    let circle = site.circle
    let validity = UsualValidity.from(.now())
    for curve in Curve.allCases
    where try !circle.entries(.certificateIssuer).contains(where: { $0.certificate.publicKey.curve == curve }) {
      try circle.begin(curve: curve, organization: "Simurgh Lab", validity: validity, random: random)
    }
    guard let oid = OID(LabNames.smdpOid) else { throw Complaint(.configuration, "The lab's OID is wrong.") }
    func need(_ profile: CertificateProfile, _ file: String, _ curve: Curve) throws {
      guard !FileManager.default.fileExists(atPath: "\(circle.path)/\(profile.role.folder)/\(file).pem") else { return }
      try circle.issue(
        profile, named: "Simurgh Lab \(file)", file: file, curve: curve, validity: validity, random: random)
    }
    for curve in Curve.allCases {
      try need(.dpAuthentication(oid), "smdp-plus-\(curve.rawValue)", curve)
      try need(.profileProvider(oid, of: PLMN("00101")), "smdp-plus-\(curve.rawValue)", curve)
    }
    try need(.dpTLS(oid, hosts: ["localhost"]), "smdp-plus", .p256)
    try need(.dpTLS(oid, hosts: ["localhost"]), "smdp-plus-brainpool", .brainpoolP256r1)
    guard let ds = OID(LabNames.smdsOid) else { throw Complaint(.configuration, "The SM-DS's OID is wrong.") }
    for curve in Curve.allCases { try need(.dsAuthentication(ds), "sm-ds-\(curve.rawValue)", curve) }
    try need(.dsTLS(ds, hosts: ["localhost"]), "sm-ds", .p256)
    try need(.operatorTLS, "lab-operator", .p256)
  }

  private func startServer(_ store: any Store) async throws -> String {
    var configuration = try ServerConfiguration.read(site.configurationFile)
    configuration.operators.append(
      ServerConfiguration.Operator(
        identifier: Self.operatorName, certificate: Self.operatorCertificate,
        callback: "localhost:\(LabNames.operatorCallbackPort)"))
    let isConfigured = FileManager.default.fileExists(atPath: site.configurationFile)
    if !isConfigured, let discovery, discovery.configuration.address != LabNames.smdsAddress {
      configuration.smds = [discovery.asKnownToServers]
    }
    do {
      try await serve(configuration, store)
    } catch let error as LinkError where error.kind == .unreachable && !isConfigured {
      // Somebody else has the usual ports: take free ones, and say so in the address.
      for index in configuration.listeners.indices { configuration.listeners[index].port = try FreePort.find() }
      configuration.address = "localhost:\(configuration.listeners[0].port)"
      try await serve(configuration, store)
      // The other commands must say the same address.
      try configuration.write(to: site.configurationFile)
    }
    return configuration.address
  }

  private func serve(_ configuration: ServerConfiguration, _ store: any Store) async throws {
    let party = try SMDPPlusParty(
      configuration: configuration, store: store, vault: try site.vault(), directory: site.circle)
    server = try await HTTPServer.start(party.listeners(sink: nil))
    self.party = party
    let housekeeping = try Housekeeping(party)
    errands = Task { await housekeeping.run() }
  }

  /// Ends the servers.
  func stop() async {
    errands?.cancel()
    await server?.stop(grace: .seconds(2))
    await discovery?.stop()
    lock = nil
  }

  // MARK: The main job

  /// Two more profiles, ordered and released, for whoever tries the lab: one by activation code, and one for the card's
  /// EID, of which the SM-DS tells.
  func offerMore() async throws {
    guard let party else { return }
    offer = try await order(stocked(party), party)
    _ = try await order(stocked(party), party, for: try CardDirectory(LabNames.card, of: site).eid())
  }

  private func stocked(_ party: SMDPPlusParty) throws -> LabSubscriber {
    let subscriber = try LabSubscriber(random: random)
    try stock(subscriber, party)
    try AuC.Desk(store: party.store, vault: party.vault).add([subscriber.record()], now: .now(), random: random)
    return subscriber
  }

  /// An order becomes a working SIM.
  func playMainJob() async throws {
    guard let party else { return }
    let subscriber = try LabSubscriber(random: random)
    try await story.step("profile in stock", detail: { (iccid: ICCID) in "ICCID \(iccid), IMSI \(subscriber.imsi)" }) {
      try stock(subscriber, party)
      return subscriber.iccid
    }
    let auc = AuC.Desk(store: party.store, vault: party.vault)
    try await story.step("subscriber in the AuC", detail: { (_: Void) in "Milenage, key wrapped at rest" }) {
      try party.store.migrate([EventRecord.schema, SubscriberTable.schema])
      try auc.add([subscriber.record()], now: .now(), random: random)
    }
    let code = try await story.step("order over ES2+", detail: { (code: ActivationCode) in "\(code)" }) {
      try await order(subscriber, party)
    }
    if let picture = ActivationPicture.text(code) { story.say(picture) }
    let directory = try CardDirectory(LabNames.card, of: site)
    try await story.step("eUICC", detail: { (eid: EID) in "EID \(eid) in \(directory.path)" }) {
      if directory.exists { return try directory.eid() }
      return try directory.create(
        seed: random.bytes(32), eid: nil, circle: site.circle, smdpPlus: party.configuration.address,
        smds: discovery?.configuration.address ?? LabNames.smdsAddress)
    }
    let link = InProcessCard(try directory.open())
    _ = try link.reset()
    let client = try lpa(link, party)
    let outcome = try await story.step(
      "download over ES9+",
      detail: { (outcome: ProfileDownload.Outcome) in
        "\(outcome.metadata.profileName) installed, result signed by the eUICC"
      }
    ) { try client.download(code) }
    try await story.step("install report", detail: { (state: SMDPPlus.Order.State) in "the SM-DP+ has it as \(state)" })
    {
      try deliver(client)
      return try state(of: subscriber.iccid, wanted: .installed, party)
    }
    try await story.step("enable", detail: { (_: Void) in "the profile is the card's now" }) {
      try client.isdr.enable(.iccid(outcome.iccid))
    }
    try await story.step(
      "AUTHENTICATE",
      detail: { (attached: NetworkAttachment.Outcome) in
        "IMSI \(attached.imsi): the USIM's RES is the AuC's XRES"
      }
    ) {
      try NetworkAttachment(link).run(
        pin: subscriber.pin, auc: auc, node: "lab", now: .now(), random: random)
    }
    try await story.step(
      "notifications", detail: { (state: SMDPPlus.Order.State) in "all delivered; the SM-DP+ has it as \(state)" }
    ) {
      try deliver(try lpa(link, party))
      return try state(of: subscriber.iccid, wanted: .enabled, party)
    }
  }

  private func stock(_ subscriber: LabSubscriber, _ party: SMDPPlusParty) throws {
    try party.store.migrate([EventRecord.schema, OrderBook.schema])
    let importing = try site.orderImport(party.configuration, filesIn: URL(fileURLWithPath: site.directory))
    let row = Site.orderRow(1, subscriber.row.merging(["owner": Self.operatorName]) { first, _ in first })
    let outcomes = try importing.run([row], into: party.store, given: Given(now: .now(), random: random))
    if case .failure(let problem)? = outcomes.first?.result { throw Complaint(.data, "\(problem)") }
  }

  /// ES2+.DownloadOrder and ConfirmOrder with the operator's client certificate; an order for an EID is told to the
  /// root SM-DS.
  private func order(
    _ subscriber: LabSubscriber, _ party: SMDPPlusParty, for eid: EID? = nil
  ) async throws -> ActivationCode {
    guard let listener = party.configuration.listeners.first(where: { $0.serves == .es2plus }) else {
      throw Complaint(.configuration, "No listener serves ES2+.")
    }
    let entry = try site.circle.entry(Self.operatorCertificate)
    let client = try HTTPSClient(site.circle.callers(as: entry))
    defer { client.close() }
    let server = ES2PlusClient(
      link: client, host: "localhost:\(listener.port)", requester: Self.operatorName,
      address: party.configuration.address)
    let ordered = try server.call(
      ES2Plus.DownloadOrder.self, ES2Plus.DownloadOrder.Request(eid: eid, iccid: subscriber.iccid),
      identifier: random.bytes(16).hex
    ).get()
    let confirmed = try server.call(
      ES2Plus.ConfirmOrder.self,
      ES2Plus.ConfirmOrder.Request(
        iccid: ordered.iccid, eid: eid, smdsAddress: eid == nil ? nil : ".", releaseFlag: true),
      identifier: random.bytes(16).hex
    ).get()
    guard let address = FQDN(party.configuration.address), let matchingId = MatchingId(confirmed.matchingId) else {
      throw Complaint(.data, "The SM-DP+ gave no usable MatchingID.")
    }
    return ActivationCode(smdpAddress: address, matchingId: matchingId)
  }

  private func lpa(_ link: any CardLink, _ party: SMDPPlusParty) throws -> Client {
    let servers = try HTTPSClient(site.circle.callers())
    return Client(
      isdr: try ISDR(link), servers: servers, person: PersonAtTerminal.consenting(quiet: true), device: LabDevice.info
    ) { pause in Thread.sleep(forTimeInterval: pause / .seconds(1)) }
  }

  private func deliver(_ client: Client) throws {
    let outcome = try client.deliverNotifications()
    guard outcome.waiting.isEmpty else {
      throw Complaint(.unavailable, "\(outcome.waiting.count) notifications were not taken.")
    }
  }

  private func state(of iccid: ICCID, wanted: SMDPPlus.Order.State, _ party: SMDPPlusParty) throws
    -> SMDPPlus.Order.State
  {
    let state = try party.store.read { try OrderBook.order(iccid, in: $0)?.state }
    guard state == wanted else {
      throw Complaint(.data, "The SM-DP+ has the profile as \(state?.description ?? "unknown"), not as \(wanted).")
    }
    return wanted
  }
}

extension FunctionClient.Answer {
  /// The response; a refusal is thrown, and that there was no answer is told.
  fileprivate func get() throws -> Response {
    switch self {
    case .success(let response): return response
    case .refused(let refusal): throw refusal
    case .unknown(let reason): throw Complaint(.unavailable, "\(reason).")
    }
  }
}
