import Bytes
import DeviceChange
import Identifiers
import Keys
import ProfileMove
import SGP22
import Stations
import Store
import TestStores
import Testing
import Transport

/// An operator's counter: the desk, and a provider, a centre and a contact that do what they are told.
final class Counter {
  let store: any Store
  let desk: Desk
  let others = Others()
  /// The authentication centre; ``others`` where nothing else is said.
  var keys: (any SubscriberKeys)?
  var now = Instant(seconds: 1_800_000_000)
  /// Whose every profile is, for those who ask from outside.
  var subscriber = try? IMSI("001011000000000")

  static let eids = ["89049032123451234512345678901235", "89044045930000000000001637560076"]

  init(_ rules: RiskRules = RiskRules()) throws {
    store = try StoreKind.current.make()
    desk = try Desk(
      store: store, vault: KeyVault(current: Secret([UInt8](repeating: 1, count: 32))), rules: rules)
  }

  func request(_ number: Int = 0, to device: Int = 1, isOldAtHand: Bool = true) throws -> MoveRequest {
    try MoveRequest(
      iccid: ICCID("8988211\(100_000_000_000 + number)"), imsi: IMSI("00101\(1_000_000_000 + number)"),
      oldEID: EID(Self.eids[1 - device]), newEID: EID(Self.eids[device]), isOldAtHand: isOldAtHand)
  }

  func start(_ request: MoveRequest) throws -> Move {
    try desk.start(request, now: now, random: SystemRandomSource.shared)
  }

  /// Works until nothing goes on by itself within `limit`.
  func settle(within limit: Duration = .seconds(60)) throws {
    let end = now + limit
    let office = ChangeOffice(desk: desk, provider: others, keys: keys ?? others, contact: others)
    for _ in 0..<200 {
      let plans = [MoveSteps.plan, AlarmSteps.plan, RenewalSteps.plan]
      let due = try store.read { reader in try plans.compactMap { try Steps.nextDue($0.name, in: reader) } }.min()
      guard let due, due <= end else { break }
      now = max(now, due)
      for plan in plans { try StepRunner(plan, for: office, store: store).run(now: now) }
    }
    now = end
  }

  /// What a device is answered, or refused.
  func ask<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request
  ) throws -> Result<Function.Response, Refusal> {
    let reply = post(Function.path, JSONBinding.encode(request))
    #expect(reply.status == 200)
    return try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body)
  }

  /// What comes back for a body.
  func post(_ path: String, _ body: [UInt8]) -> Reply {
    let message = Message(
      host: "moves.example", path: path,
      headers: ["Content-Type": "application/json", AdminProtocol.headerName: AdminProtocol.current.description],
      body: body)
    let given = Given(now: now, random: SystemRandomSource.shared)
    var desk = desk
    let imsi = subscriber
    desk.subscribers = { _, _ in imsi }
    return Route(desk) { given }.respond(to: message)
  }

  func status(_ move: Move, _ device: Move.Device) throws -> MoveStatus.Response {
    try ask(MoveStatus.self, .init(ticket: desk.ticket(device, of: move))).get()
  }

  func give(_ code: Secret, _ move: Move) throws -> Result<MoveStatus.Response, Refusal> {
    try ask(MovePerson.self, .init(ticket: desk.ticket(.new, of: move), proof: .code(code)))
  }

  func consent(_ move: Move, _ device: Move.Device, _ consents: Bool = true) throws {
    _ = try ask(MoveConsent.self, .init(ticket: desk.ticket(device, of: move), consents: consents)).get()
  }

  /// The right code, and consent on both devices.
  func agree(_ move: Move) throws {
    try settle()
    _ = try give(#require(others.code), move).get()
    try settle()
    for device in Move.Device.allCases where device == .new || move.isOldAtHand { try consent(move, device) }
    try settle()
  }
}

/// Provider, centre and contact.
final class Others: ProfileProvider, SubscriberKeys, SubscriberContact, @unchecked Sendable {
  private(set) var code: Secret?
  private(set) var notices: [Notice] = []
  private(set) var log: [String] = []
  var standings: [ICCID: ProfileStanding] = [:]
  var contactChange: Instant?
  private(set) var ordered: MovedProfile?

  /// What the old device is asked for, and what the provider says of a backup.
  var backupRequest: [UInt8]?
  var leftOut: [LeftOut] = []

  func backUp(
    _ iccid: ICCID, on eid: EID, _ parts: BackupParts, for move: String, now: Instant, until: Instant
  ) -> [UInt8]? {
    backupRequest
  }

  func order(_ profile: MovedProfile, for move: String, now: Instant) throws -> OrderedProfile {
    log.append("order")
    ordered = profile
    return OrderedProfile(
      iccid: try ICCID("8988211999999999999"), activationCode: "LPA:1$smdp.example$TOKEN",
      leftOut: leftOut)
  }
  func cancel(_ move: String) { log.append("cancel") }
  func standing(of iccid: ICCID) -> ProfileStanding { standings[iccid] ?? .ordered }

  func prepare(_ profile: MovedProfile, for move: String, now: Instant) { log.append("prepare") }
  func commit(_ move: String, of imsi: IMSI, now: Instant) { log.append("commit") }
  func abandon(_ move: String, of imsi: IMSI, now: Instant) { log.append("abandon") }
  func bar(_ imsi: IMSI, _ isBarred: Bool, now: Instant) { log.append(isBarred ? "bar" : "unbar") }

  func tell(_ notice: Notice, _ imsi: IMSI, identifier: String, now: Instant) {
    notices.append(notice)
    if case .code(let code, _) = notice { self.code = code }
  }
  func contactChanged(_ imsi: IMSI) -> Instant? { contactChange }
  func enter(_ new: ICCID, inPlaceOf old: ICCID, now: Instant) { log.append("books") }
}
