import AuC
import Bytes
import Identifiers
import Keys
import SGP22
import SMDPPlus
import Store
import StoreSQLite
import Transport

/// The operator: orders a profile over ES2+, hands the activation code out, hears how the download goes, and lets the
/// subscriber into its AuC when the SM-DP+ has verified the installation.
public final class SimulatedOperator {
  static let name = "Operator"
  static let identifier = "operator"

  /// A subscriber with the profile that was made for it.
  struct Subscriber {
    let iccid: ICCID
    let imsi: IMSI
    let k: Secret
    let opc: Secret

    /// The row that puts the profile into the SM-DP+'s stock.
    var row: OrderImport.Row {
      OrderImport.Row(
        number: 1,
        [
          "iccid": iccid.digits, "template": "base", "state": "available", "profileType": "simulated",
          "profileName": "Simulated",
          "serviceProvider": "Simurgh", "plmn": "00101", "imsi": imsi.digits, "k": k.bytes.hex, "opc": opc.bytes.hex,
        ])
    }
  }

  let subscriber: Subscriber
  let auc: AuC.Desk
  /// The AuC's durable writes.
  let centreStore: SQLiteStore
  /// What the SM-DP+ told, each call once.
  private(set) var told: [ES2Plus.HandleDownloadProgressInfo.Request] = []
  /// Whether the SM-DP+ told of an installation.
  var knowsInstalled: Bool {
    told.contains { $0.notificationPoint == .bppInstallation && $0.notificationPointStatus == .executedSuccess }
  }

  /// The simulation owns its parties, through what they wait for.
  private unowned let simulation: Simulation
  private let circle: SimulatedCircle
  private let random: SeededRandomSource
  private var calls: Set<String> = []
  /// Hears of each call, too.
  var heard: (ES2Plus.HandleDownloadProgressInfo.Request) throws -> Void = { _ in }

  init(_ circle: SimulatedCircle, in simulation: Simulation) throws {
    (self.circle, self.simulation) = (circle, simulation)
    random = simulation.random(for: Self.name)
    subscriber = Subscriber(
      iccid: try ICCID("8988211000000000001"), imsi: try IMSI("001010000000001"), k: Secret(random.bytes(16)),
      opc: Secret(random.bytes(16)))
    centreStore = try SQLiteStore.inMemory()
    try centreStore.migrate([EventRecord.schema, SubscriberTable.schema, LocationTable.schema])
    auc = AuC.Desk(store: centreStore, vault: circle.vault)
    simulation.network.place(SimulatedCircle.mobileOperator, name: Self.name) { [self] in try hear($0) }
  }

  // MARK: Ordering

  /// SGP.22 §3.1.1: DownloadOrder, ConfirmOrder and, if it is wanted by itself, ReleaseProfile, until they are answered;
  /// `then` gets the activation code.
  func order(_ plan: DownloadStory.Plan, then: @escaping (ActivationCode) throws -> Void) {
    call(ES2Plus.DownloadOrder.self, .init(profileType: "simulated")) { [self] reserved in
      let confirmation = ES2Plus.ConfirmOrder.Request(
        iccid: reserved.iccid, eid: plan.isDiscovered ? circle.eid : nil, confirmationCode: plan.code,
        smdsAddress: plan.isDiscovered ? SimulatedCircle.smds : nil, releaseFlag: !plan.isReleasedLater)
      call(ES2Plus.ConfirmOrder.self, confirmation) { [self] confirmed in
        guard let address = FQDN(confirmed.smdpAddress ?? ""), let token = MatchingId(confirmed.matchingId) else {
          throw StoreError.unexpected("the SM-DP+ gave no usable MatchingID")
        }
        let code = ActivationCode(smdpAddress: address, matchingId: token)
        guard plan.isReleasedLater else { return try then(code) }
        call(ES2Plus.ReleaseProfile.self, .init(iccid: reserved.iccid)) { _ in try then(code) }
      }
    }
  }

  /// The same call again until there is an answer: by its identifier the SM-DP+ knows it (SGP.22 §5.2.3).
  private func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, then: @escaping (Function.Response) throws -> Void
  ) {
    let header = JSONBinding.RequestHeader(
      functionRequesterIdentifier: Self.identifier, functionCallIdentifier: random.bytes(8).hex)
    let message = Message(
      host: SimulatedCircle.smdpPlus, path: Function.path,
      headers: ["Content-Type": "application/json", AdminProtocol.headerName: AdminProtocol.current.description],
      body: JSONBinding.encode(request, header: header), peerCertificate: circle.operatorCertificate)
    func send() {
      simulation.network.call(message, from: Self.name) { [self] result in
        guard case .success(let reply) = result, reply.status == 200,
          case .success(let response) = try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body)
        else { return simulation.timeline.after(.seconds(15)) { send() } }
        try then(response)
      }
    }
    send()
  }

  // MARK: Hearing

  /// SGP.22 §5.3.5 ES2+.HandleDownloadProgressInfo; a call that comes again is heard once.
  private func hear(_ message: Message) throws -> Reply? {
    let (header, request) = try JSONBinding.decode(
      ES2Plus.HandleDownloadProgressInfo.Request.self, from: message.body)
    guard let header, calls.insert(header.functionCallIdentifier).inserted else { return Reply(status: 204) }
    told.append(request)
    try heard(request)
    if knowsInstalled, try !auc.knows(subscriber.imsi) {
      let credentials = try AuC.Credentials(k: subscriber.k, algorithm: .milenage(opc: subscriber.opc))
      try auc.add(
        [AuC.Subscriber(imsi: subscriber.imsi, credentials: credentials)], now: simulation.timeline.now, random: random)
    }
    return Reply(status: 204)
  }
}
