import Bytes
import CircleOfTrust
import CustomerManagement
import Identifiers
import Keys
import OrderDesk
import ProfileFactory
import SGP22
import SMDPPlus
import Stations
import Store
import TLV
import TestStores
import Testing
import Transport
import World

/// An operator with its order desk and customer management in one store, an SM-DP+ in another, and an authentication
/// centre; each of them keeps what it committed when another dies.
final class Operation {
  let store: any Store
  let serverStore = Fixed.made { try StoreKind.current.make() }
  let centre = TestCentre()
  let customers: CustomerManagement.Desk
  let desk: OrderDesk.Desk
  let server: SMDPPlus.Desk
  let line: Line
  /// Further SM-DP+s.
  var otherServers: [ES2PlusServers.Server] = []
  /// Whether the usual one takes what the others are not for.
  var hasDefaultServer = true
  var now = Instant(seconds: 1_800_000_000)
  let random = SystemRandomSource.shared
  private(set) var subscriptions: [Int] = []

  init(sims: Int = 4, store: (any Store)? = nil) throws {
    self.store = try store ?? StoreKind.current.make()
    customers = try CustomerManagement.Desk(store: self.store)
    desk = try OrderDesk.Desk(store: self.store, vault: Fixed.vault)
    server = try SMDPPlus.Desk(
      store: serverStore, vault: Fixed.vault, settings: .init(address: Fixed.address), credentials: [],
      circle: Circle(roots: []),
      requesters: Requesters([
        .init(identifier: "operator", fingerprints: [sha256(Fixed.operatorCertificate)], callback: "operator.example")
      ]), packages: NoPackages())
    line = Line(server)
    try stock(sims)
  }

  /// Brings SIMs into stock, profiles into the SM-DP+, and keys into the centre.
  func stock(
    _ count: Int, from first: Int = 0, profileType: String = "consumer", at place: Operation? = nil
  ) throws {
    let sims = try (first..<first + count).map {
      (iccid: try Fixed.iccid($0), imsi: try Fixed.imsi($0), profileType: profileType)
    }
    try customers.stock(sims, now: now)
    for (number, sim) in zip(first..., sims) {
      centre.prepare(sim.imsi)
      let order = SMDPPlus.Order(
        iccid: sim.iccid, state: .available, owner: "operator", profileType: profileType,
        metadata: Fixed.metadata(number).encoded, source: .template("t"), personalData: [1])
      try (place ?? self).serverStore.transaction { try OrderBook.insert(order, because: "test", now: now, in: $0) }
    }
  }

  /// A customer's new subscription.
  func subscription() throws -> Int {
    let id = try customers.add(Subscriber.Particulars(name: "Ada"), now: now)
    _ = try customers.checkCredit(ofSubscriber: id, amount: 1, by: LocalCreditRules(), now: now)
    let subscription = try customers.subscribe(id, now: now)
    subscriptions.append(subscription)
    return subscription
  }

  func place(_ subscription: Int? = nil, profileType: String = "consumer", code: String? = nil, eid: EID? = nil) throws
    -> OrderDesk.Order
  {
    try desk.place(
      OrderRequest(
        profileType: profileType, subscription: subscription, eid: eid,
        confirmationCode: code.map { Secret(Array($0.utf8)) }), now: now, random: random)
  }

  // MARK: Work

  /// Runs what is due of orders and of changes of subscriptions.
  func run() throws {
    try runner.run(now: now)
    try changes.run(now: now)
  }

  var runner: StepRunner<Office> { StepRunner(OrderSteps.plan, for: office, store: store) }

  var changes: StepRunner<Office> { StepRunner(SubscriptionSteps.plan, for: office, store: store) }

  private var office: Office {
    let client = ES2PlusClient(
      link: line, host: "smdp-operators.example", requester: "operator", address: Fixed.address)
    let usual = ES2PlusServers.Server("smdp", client, profileTypes: hasDefaultServer ? nil : [])
    return Office(
      desk: desk, servers: ES2PlusServers([usual] + otherServers), stock: StockRoom(customers),
      books: SubscriberBooks(customers), network: centre)
  }

  /// Works until nothing goes on by itself.
  func settle() throws {
    for _ in 0..<200 {
      let plans = [OrderSteps.plan.name, SubscriptionSteps.plan.name]
      let due = try store.read { reader in try plans.compactMap { try Steps.nextDue($0, in: reader) } }.min()
      guard let due else { return }
      now = max(now, due)
      try run()
    }
    Issue.record("the orders do not come to rest")
  }

  // MARK: The device's side, as the SM-DP+ sees it

  /// A device downloads and installs the profile, if the SM-DP+ lets it.
  func download(_ iccid: ICCID) throws {
    for state in [SMDPPlus.Order.State.downloaded, .installed] {
      try serverStore.transaction { transaction in
        guard let order = try OrderBook.order(iccid, in: transaction) else { return }
        var moved = order
        do { try moved.move(to: state) } catch { return }
        try OrderBook.update(order, to: moved, because: "test", now: now, in: transaction)
      }
    }
  }

  /// A device does not install the profile; at the SM-DP+ the order ends in an error.
  func fail(_ iccid: ICCID, delivered: Bool) throws {
    for state in (delivered ? [SMDPPlus.Order.State.downloaded] : []) + [.error] {
      try serverStore.transaction { transaction in
        guard let order = try OrderBook.order(iccid, in: transaction) else { return }
        var moved = order
        do { try moved.move(to: state) } catch { return }
        try OrderBook.update(order, to: moved, because: "test", now: now, in: transaction)
      }
    }
  }

  /// The eUICC's own words about a failed installation.
  static func errorResult(_ reason: ErrorReason) -> [UInt8] {
    Verbatim(
      ProfileInstallationResultData.FinalResult.errorResult(
        ErrorResult(bppCommandId: .loadProfileElements, errorReason: reason)), tag: 0xA2
    ).encoded
  }

  /// The report of a download, as the SM-DP+'s courier brings it.
  func report(
    _ iccid: ICCID, _ status: FunctionExecutionStatus = .executedSuccess,
    at point: ES2Plus.HandleDownloadProgressInfo.NotificationPoint = .bppInstallation, eid: EID? = nil,
    data: [UInt8]? = nil, certificate: [UInt8]? = Fixed.serverCertificate
  ) -> Reply {
    let request = ES2Plus.HandleDownloadProgressInfo.Request(
      eid: eid, iccid: iccid, profileType: "consumer", timestamp: now, notificationPoint: point,
      notificationPointStatus: status, resultData: data)
    let header = JSONBinding.RequestHeader(functionRequesterIdentifier: "smdp", functionCallIdentifier: "1")
    return route.respond(
      to: Message(
        host: "operator.example", path: ES2Plus.HandleDownloadProgressInfo.path,
        body: JSONBinding.encode(request, header: header), peerCertificate: certificate))
  }

  var route: OrderDesk.Route {
    OrderDesk.Route(desk, servers: [sha256(Fixed.serverCertificate): "smdp"]) { [now] in
      Given(now: now, random: SystemRandomSource.shared)
    }
  }

  // MARK: Agreement

  func state(_ iccid: ICCID) throws -> SMDPPlus.Order.State {
    try #require(try serverStore.read { try OrderBook.order(iccid, in: $0) }).state
  }

  /// What must hold of every SIM when nothing is under way: order book, SM-DP+, stock and centre say the same.
  func expectAgreement(_ orders: [String], _ comment: String) throws {
    var holders: [ICCID: OrderDesk.Order] = [:]
    var spoiled: Set<ICCID> = []
    var shutOut: [ICCID: Subscription.State] = [:]
    for id in orders {
      let order = try desk.order(id)
      if let sim = order.sim, [.released, .installed, .active, .replaced].contains(order.state) {
        holders[sim.iccid] = order
      }
      if let sim = order.sim, order.state == .failed, order.isSpoiled { spoiled.insert(sim.iccid) }
      guard order.state == .active, let subscription = order.subscription, let sim = order.sim else { continue }
      let standing = try customers.subscription(subscription).state
      if standing != .active { shutOut[sim.iccid] = standing }
      #expect(try desk.act(of: id)?.failure == nil, "\(comment)")
    }
    for sim in try customers.sims() {
      let (there, isIn) = (try state(sim.iccid), centre.isActive(sim.imsi))
      switch holders[sim.iccid]?.state {
      case nil where spoiled.contains(sim.iccid):
        #expect(there == .unavailable && sim.state == .retired && !isIn, "\(comment): \(sim.iccid) \(there)")
      case nil: #expect(there == .available && sim.state == .free && !isIn, "\(comment): \(sim.iccid) \(there)")
      case .released: #expect(there == .released && sim.state == .taken && !isIn, "\(comment): \(sim.iccid) \(there)")
      case .active where shutOut[sim.iccid] != nil:
        let isSuspended = shutOut[sim.iccid] == .suspended
        #expect(
          there == .installed && sim.state == (isSuspended ? .inUse : .retired) && !isIn, "\(comment): \(sim.iccid)")
      case .active: #expect(there == .installed && sim.state == .inUse && isIn, "\(comment): \(sim.iccid) \(there)")
      case .replaced: #expect(there == .installed && sim.state == .retired && !isIn, "\(comment): \(sim.iccid)")
      default: Issue.record("\(comment): \(sim.iccid) is under way")
      }
    }
  }
}

/// The line to the SM-DP+: it may lose what goes there, or what comes back.
final class Line: ServerLink {
  enum Fault { case lostThere, lostBack }

  private let route: SMDPPlus.Route
  var fault: Fault?
  private(set) var calls: [String] = []

  init(_ desk: SMDPPlus.Desk) {
    route = SMDPPlus.Route(desk) { Given(now: Instant(seconds: 1_800_000_000), random: SystemRandomSource.shared) }
  }

  func exchange(_ message: Message) throws(LinkError) -> Reply {
    let name = message.path.split(separator: "/").last.map(String.init) ?? ""
    calls.append(name)
    if fault == .lostThere { throw LinkError(.broken, "lost on the way there") }
    var message = message
    message.peerCertificate = Fixed.operatorCertificate
    let reply = route.respond(to: message)
    if fault == .lostBack { throw LinkError(.broken, "lost on the way back") }
    return reply
  }
}

/// An authentication centre that lets SIMs in and shuts them out; it counts what it must never be asked for.
final class TestCentre: NetworkAccess, @unchecked Sendable {
  private var prepared: Set<IMSI> = []
  private var active: Set<IMSI> = []
  private var barred: Set<IMSI> = []

  func prepare(_ imsi: IMSI) { prepared.insert(imsi) }
  func forget(_ imsi: IMSI) { prepared.remove(imsi) }
  func isActive(_ imsi: IMSI) -> Bool { active.contains(imsi) && !barred.contains(imsi) }

  func check(_ sim: OrderDesk.SIM) throws {
    guard prepared.contains(sim.imsi) else { throw Refused("no keys for \(sim.imsi)") }
  }

  func activate(_ sim: OrderDesk.SIM, now: Instant) { active.insert(sim.imsi) }
  func bar(_ imsi: IMSI, now: Instant) { barred.insert(imsi) }
  func unbar(_ imsi: IMSI, now: Instant) { barred.remove(imsi) }
  func retire(_ sim: OrderDesk.SIM, now: Instant) {
    active.remove(sim.imsi)
    prepared.remove(sim.imsi)
  }
}

private struct NoPackages: PackageSource {
  func contents(of order: SMDPPlus.Order, given: Given, in reader: any Reader) throws -> BoundProfile.Contents {
    throw PackageProblem.missingPackage
  }
  func package(of order: SMDPPlus.Order, in reader: any Reader) throws -> [UInt8] {
    throw PackageProblem.missingPackage
  }
}

/// Constants.
enum Fixed {
  static let address = "smdp.example.com"
  static let operatorCertificate: [UInt8] = [0x30, 0x01, 0x01]
  static let serverCertificate: [UInt8] = [0x30, 0x01, 0x02]
  static let eid = made { try EID("89049032123451234512345678901235") }
  static let otherEID = made { try EID("89044045930000000000001637560076") }
  static let vault = made { try KeyVault(current: Secret([UInt8](repeating: 1, count: 32))) }

  static func iccid(_ number: Int) throws -> ICCID { try ICCID("8988211\(100_000_000_000 + number)") }
  static func imsi(_ number: Int) throws -> IMSI { try IMSI("00101\(1_000_000_000 + number)") }

  static func made<Value>(_ make: () throws -> Value) -> Value {
    do { return try make() } catch { preconditionFailure("\(error)") }
  }

  static func metadata(_ number: Int) -> StoreMetadataRequest {
    StoreMetadataRequest(
      iccid: made { try iccid(number) }, serviceProviderName: "Simurgh", profileName: "test \(number)",
      notificationConfigurationInfo: [])
  }
}
