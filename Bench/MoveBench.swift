import AuC
import Bytes
import DeviceChange
import Foundation
import Identifiers
import Keys
import ProfileMove
import Stations
import Store
import StoreSQLite
import Synchronization
import World

/// Moves of profiles: the operator's list of steps with its authentication centre, for many pairs of devices at once; and
/// whole moves, with an SM-DP+ and two software eUICCs each.
struct MoveBench {
  private static let pairs = 10_000
  private static let wholes = 40

  private let folder: URL
  private let random = SystemRandomSource.shared
  private let now = Instant(seconds: 1_800_000_000)
  private let vault: KeyVault

  init(in folder: URL) throws {
    self.folder = folder
    vault = try KeyVault(current: Secret(random.bytes(32)), former: [])
  }

  func run(_ report: Report) throws {
    report.heading(
      "\(Self.pairs) moves of profiles: list of steps and AuC, durable SQLite each; devices that answer at once")
    try list(report)
    report.heading(
      "whole moves, one after the other: list, AuC, SM-DP+, two devices with software eUICCs; stores in memory")
    try whole(report)
  }

  // MARK: The list

  private func list(_ report: Report) throws {
    let centreStore = try SQLiteStore(path: folder.appendingPathComponent("move-auc.sqlite").path)
    try centreStore.migrate([EventRecord.schema, SubscriberTable.schema])
    let centre = AuC.Desk(store: centreStore, vault: vault)
    for start in stride(from: 0, to: Self.pairs, by: 1000) {
      let subscribers = try (start..<start + 1000).map { number in
        try AuC.Subscriber(
          imsi: Self.imsi(number),
          credentials: AuC.Credentials(k: Secret(random.bytes(16)), algorithm: .milenage(opc: Secret(random.bytes(16))))
        )
      }
      try centre.add(subscribers, now: now, random: random)
    }
    let store = try SQLiteStore(path: folder.appendingPathComponent("moves.sqlite").path)
    let desk = try DeviceChange.Desk(store: store, vault: vault)
    let others = PromptOthers()
    let office = ChangeOffice(desk: desk, provider: others, keys: MovedKeys(centre, random: random), contact: others)
    let times = StepTimes()
    let runner = StepRunner(MoveSteps.plan, for: office, store: store) { times.note($0, $1) }
    let (begin, cpu) = (ContinuousClock.now, Measure.cpuSeconds())
    var waiting: [Move] = []
    for number in 0..<Self.pairs {
      let request = try MoveRequest(
        iccid: ICCID("8988211\(200_000_000_000 + number)"), imsi: Self.imsi(number),
        oldEID: PromptOthers.eids[0], newEID: PromptOthers.eids[1])
      waiting.append(try desk.start(request, now: now, random: random))
    }
    while try runner.run(limit: 256, now: now) > 0 {}
    for move in waiting { try others.answer(for: move, at: desk, now: now) }
    while try runner.run(limit: 256, now: now) > 0 {}
    for move in waiting { try others.consent(for: move, at: desk, now: now) }
    var clock = now
    while try desk.moves(state: .underWay, limit: 1).first != nil {
      if try runner.run(limit: 256, now: clock) == 0 { clock = clock + .seconds(20) }
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    let moved = try store.read { try $0.first("SELECT count(*) FROM profile_move WHERE state = 2")?(0) ?? 0 }
    guard moved == Self.pairs else { throw BenchError("\(moved) of \(Self.pairs) profiles have moved") }
    report.add("moves/list-second", "moves, from the request to the change of keys", Double(Self.pairs) / seconds, "/s")
    report.add(
      "moves/list-cpu", "CPU for each", (Measure.cpuSeconds() - cpu) * 1e6 / Double(Self.pairs), "µs")
    for step in MoveSteps.plan.steps.map(\.name) {
      report.add("moves/step/\(step)", "wall, in \(step)", times.microseconds(step) / Double(Self.pairs), "µs")
    }
  }

  // MARK: Whole moves

  private func whole(_ report: Report) throws {
    let floors = try Floors(package: 2948, in: folder)
    var plan = MoveStory.Plan()
    plan.isTried = false
    var (seconds, waited) = (0.0, 0.0)
    let split = StepSplit()
    for _ in 0..<Self.wholes {
      let story = try MoveStory(plan)
      try story.settleIn()
      let begin = Measure.threadSeconds()
      let timeline = story.simulation.timeline
      let start = timeline.now
      split.begin("Request", at: start)
      story.began = { split.begin($0, at: timeline.now) }
      guard try story.play().state == .moved else { throw BenchError("a profile has not moved") }
      split.end(at: timeline.now)
      seconds += Measure.threadSeconds() - begin
      waited += split.lasted
    }
    let each = seconds * 1e6 / Double(Self.wholes)
    report.add("moves/whole-cpu", "CPU of all parties for each, consent to deletion", each, "µs")
    // Persons answer after seconds and devices ask every 20: what they take is the story's, what the parties compute is not.
    for step in ["Request"] + MoveSteps.plan.steps.map(\.name) {
      guard let spent = split.spent[step] else { continue }
      let runs = Double(Self.wholes)
      report.add(
        "moves/end-to-end/\(step)", "CPU of all parties in \(step), which lasts \(Int(spent.time / runs * 1000)) ms",
        spent.cpu * 1e6 / runs, "µs")
    }
    report.add(
      "moves/end-to-end", "from the request to the deletion, as the story's clock goes", waited / Double(Self.wholes),
      "s")
    // SM-DP+: 4 signatures with the seal, 7 verifications; new card: 4 and 9; old card: 2 signatures. Each side of the
    // download has a key, an agreement and BSP. Backup: request and answer signed, 5 verifications, its key and the card's,
    // an agreement on each side. Chains of eUICCs are taken as known.
    let floor =
      12 * floors.sign + 21 * floors.verify + 4 * (floors.generate + floors.agree) + 2 * floors.protect
    report.add("moves/crypto-floor", "its cryptography alone", floor, "µs")
    report.add("moves/of-floor", "that is", floor / each * 100, "%")
  }

  private static func imsi(_ number: Int) throws -> IMSI { try IMSI("00101\(1_000_000_000 + number)") }
}

/// What one move after the other spends while its list is at a step: processor time of all parties, and the story's time.
private final class StepSplit {
  private(set) var spent: [String: (cpu: Double, time: Double)] = [:]
  /// How long the last move lasted, to its last step, in seconds.
  private(set) var lasted = 0.0
  private var current: (step: String, cpu: Double, time: Instant)?
  private var start = Instant(seconds: 0)

  func begin(_ step: String, at now: Instant) {
    if current == nil { start = now }
    guard current?.step != step else { return }
    close(at: now)
    current = (step, Measure.threadSeconds(), now)
  }

  func end(at now: Instant) {
    lasted = Double((current?.time ?? now).milliseconds - start.milliseconds) / 1000
    close(at: current?.time ?? now)
    current = nil
  }

  private func close(at now: Instant) {
    guard let current else { return }
    let before = spent[current.step] ?? (0, 0)
    spent[current.step] = (
      before.cpu + Measure.threadSeconds() - current.cpu,
      before.time + Double(now.milliseconds - current.time.milliseconds) / 1000
    )
  }
}

/// How long steps took; what they wait for the store is not in it.
private final class StepTimes: Sendable {
  private let state = Mutex<(begun: ContinuousClock.Instant?, spent: [String: Duration])>((nil, [:]))

  func note(_ step: String, _ moment: StepMoment) {
    state.withLock { state in
      switch moment {
      case .before: state.begun = .now
      case .after: state.spent[step, default: .zero] += state.begun.map { .now - $0 } ?? .zero
      }
    }
  }

  func microseconds(_ step: String) -> Double { state.withLock { ($0.spent[step] ?? .zero) / .microseconds(1) } }
}

/// SM-DP+, devices and subscribers that do at once what they are to do.
private final class PromptOthers: ProfileProvider, SubscriberContact {
  static let eids: [EID] = ["89049032123451234512345678901235", "89044045930000000000001637560076"].compactMap {
    try? EID($0)
  }
  private let state = Mutex<(codes: [IMSI: Secret], orders: Int)>(([:], 0))

  func backUp(
    _ iccid: ICCID, on eid: EID, _ parts: BackupParts, for move: String, now: Instant, until: Instant
  ) -> [UInt8]? {
    nil
  }

  func order(_ profile: MovedProfile, for move: String, now: Instant) throws -> OrderedProfile {
    let number = state.withLock { state in
      state.orders += 1
      return state.orders
    }
    return OrderedProfile(
      iccid: try ICCID("8988211\(300_000_000_000 + number)"), activationCode: "LPA:1$smdp.example$\(number)")
  }

  func cancel(_ move: String) {}
  /// An old profile's number begins with 2, behind the issuer's; a new one's with 3.
  func standing(of iccid: ICCID) -> ProfileStanding { iccid.digits.dropFirst(7).first == "3" ? .enabled : .disabled }

  func tell(_ notice: Notice, _ imsi: IMSI, identifier: String, now: Instant) {
    if case .code(let code, _) = notice { state.withLock { $0.codes[imsi] = code } }
  }

  func contactChanged(_ imsi: IMSI) -> Instant? { nil }
  func enter(_ new: ICCID, inPlaceOf old: ICCID, now: Instant) {}

  func answer(for move: Move, at desk: DeviceChange.Desk, now: Instant) throws {
    guard let code = state.withLock({ $0.codes[move.imsi] }) else { throw BenchError("no code was sent") }
    let given = Given(now: now, random: SystemRandomSource.shared)
    let ticket = try desk.ticket(.new, of: move)
    _ = try desk.perform(given: given) {
      try desk.person(.init(ticket: ticket, proof: .code(code)), now: now, in: $0)
    }.get()
  }

  func consent(for move: Move, at desk: DeviceChange.Desk, now: Instant) throws {
    let given = Given(now: now, random: SystemRandomSource.shared)
    for device in Move.Device.allCases {
      let ticket = try desk.ticket(device, of: move)
      _ = try desk.perform(given: given) { try desk.consent(.init(ticket: ticket, consents: true), in: $0) }.get()
    }
  }
}
