import Identifiers
import Store
import Synchronization
import TestStores
import Testing

@Suite("Steps: long acts over several parties", .overEveryStore) struct StepsTests {
  @Test("An act goes through its steps in order, and its end is written with its last step")
  func forward() throws {
    let world = try ActWorld()
    try world.begin("a")
    try world.settle()
    #expect(try world.act("a").state == .done)
    #expect(world.log == ["a-reserve", "a-order", "a-pivot", "a-activate"])
    #expect(try world.ended() == ["a done"])
  }

  @Test("A step that is refused before the pivot undoes what was done, the last first")
  func refusal() throws {
    let world = try ActWorld()
    world.answer("a-pivot", .refused("no"))
    try world.begin("a")
    try world.settle()
    #expect(try world.act("a").state == .failed)
    #expect(try world.act("a").undoCause == "no")
    #expect(world.log == ["a-reserve", "a-order", "a-pivot", "a-order-undo", "a-reserve-undo"])
    #expect(try world.ended() == ["a failed"])
  }

  @Test("A step whose outcome is unknown is repeated with the same identifier, after a pause that grows")
  func unknown() throws {
    let world = try ActWorld()
    world.answer("a-order", .unknown("no answer"), .unknown("no answer"))
    try world.begin("a")
    for _ in 0..<3 { try world.run() }
    #expect(try world.act("a").failure == "no answer")
    #expect(try world.store.read { try Steps.failing("test", in: $0) }.map(\.subject) == ["a"])
    try world.settle()
    #expect(world.log == ["a-reserve", "a-order", "a-order", "a-order", "a-pivot", "a-activate"])
    #expect(try world.act("a").state == .done)
  }

  @Test("What is refused after the pivot is tried again until it is done")
  func refusalAfterPivot() throws {
    let world = try ActWorld()
    world.answer("a-activate", .refused("later"))
    try world.begin("a")
    try world.settle()
    #expect(world.log == ["a-reserve", "a-order", "a-pivot", "a-activate", "a-activate"])
    #expect(try world.act("a").state == .done)
  }

  @Test("An act that waits sleeps until it is woken, also by what came while a runner looked")
  func waiting() throws {
    let world = try ActWorld()
    world.answer("a-pivot", .waiting, .waiting)
    try world.begin("a")
    try world.settle()
    #expect(try world.act("a").due == nil)
    // Woken while the step runs, and just before the runner says that it waits.
    world.during("a-pivot") { try world.wake("a") }
    try world.wake("a")
    try world.run()
    #expect(try world.act("a").due != nil)
    try world.settle()
    #expect(try world.act("a").state == .done)
  }

  @Test("An act that waits until a time goes on then, or at once when it is woken or to be undone before")
  func waitingUntil() throws {
    for wake in [nil, { try $0.wake("a") }, { _ = try $0.undo("a") }] as [((ActWorld) throws -> Void)?] {
      let world = try ActWorld()
      let until = world.now + .seconds(3600)
      world.answer("a-pivot", .waitingUntil(until))
      try world.begin("a")
      for _ in 0..<5 { try world.run() }
      #expect(try world.act("a").due == until)
      #expect(try world.run() == 0)
      if let wake { try wake(world) } else { world.now = until }
      #expect(try world.run() == 1)
      #expect(try world.act("a").failure == nil)
    }
  }

  @Test("A runner that waits is woken while it looks: the act does not sleep until its time")
  func wokenWhileItLooks() throws {
    let world = try ActWorld()
    world.answer("a-pivot", .waitingUntil(world.now + .seconds(3600)))
    try world.begin("a")
    world.during("a-pivot") { try world.wake("a") }
    for _ in 0..<4 { try world.run() }
    #expect(try world.act("a").state == .done || world.act("a").step == "activate")
  }

  @Test("A wish to go back before the pivot undoes the act; past the pivot it is refused")
  func wish() throws {
    let world = try ActWorld()
    world.answer("a-pivot", .waiting)
    try world.begin("a")
    try world.settle()
    #expect(try world.undo("a"))
    try world.settle()
    #expect(try world.act("a").state == .undone)
    #expect(world.log.suffix(2) == ["a-order-undo", "a-reserve-undo"])
    try world.begin("b")
    try world.settle()
    #expect(try !world.undo("b"))
  }

  @Test("Nothing that was not begun is begun because the act is to be undone")
  func wishBeforeBegin() throws {
    let world = try ActWorld()
    try world.begin("a")
    #expect(try world.undo("a"))
    try world.settle()
    #expect(world.log.isEmpty)
    #expect(try world.act("a").state == .undone)
  }

  @Test("A step whose outcome is unknown is asked for before the act turns back")
  func wishWhileUnknown() throws {
    let world = try ActWorld()
    world.answer("a-order", .unknown("no answer"))
    try world.begin("a")
    for _ in 0..<2 { try world.run() }
    #expect(try world.undo("a"))
    try world.settle()
    #expect(world.log == ["a-reserve", "a-order", "a-order", "a-order-undo", "a-reserve-undo"])
  }

  @Test("An undo that is refused came too late: the act goes on where it was")
  func tooLate() throws {
    let world = try ActWorld()
    world.answer("a-pivot", .waiting)
    world.answer("a-order-undo", .refused("it is on the card already"))
    try world.begin("a")
    try world.settle()
    #expect(try world.undo("a"))
    try world.settle()
    #expect(world.log == ["a-reserve", "a-order", "a-pivot", "a-order-undo", "a-pivot", "a-activate"])
    #expect(try world.act("a").state == .done)
  }

  @Test("A wish that comes while the pivot is done came too late")
  func wishDuringPivot() throws {
    let world = try ActWorld()
    world.during("a-pivot") { _ = try world.undo("a") }
    try world.begin("a")
    try world.settle()
    #expect(world.log == ["a-reserve", "a-order", "a-pivot", "a-activate"])
    #expect(try world.act("a").state == .done)
    #expect(try world.act("a").undoCause == nil)
  }

  @Test("Once something is undone, an undo that is refused is tried again")
  func refusedUndo() throws {
    let world = try ActWorld()
    world.answer("a-pivot", .waiting)
    world.answer("a-reserve-undo", .refused("busy"))
    try world.begin("a")
    try world.settle()
    #expect(try world.undo("a"))
    try world.settle()
    #expect(world.log.suffix(3) == ["a-order-undo", "a-reserve-undo", "a-reserve-undo"])
    #expect(try world.act("a").state == .undone)
  }

  @Test("A woken act that still has to wait sleeps again")
  func sleepsAgain() throws {
    let world = try ActWorld()
    world.answer("a-pivot", .waiting, .waiting, .waiting)
    try world.begin("a")
    try world.settle()
    try world.wake("a")
    try world.settle()
    #expect(world.log.count { $0 == "a-pivot" } == 2)
    #expect(try world.act("a").due == nil)
  }

  @Test("An outcome that cannot be written does not hold up the others of its commit")
  func unwritable() throws {
    let world = try ActWorld()
    world.spoil("a-reserve")
    try world.begin("a")
    try world.begin("b")
    try world.run()
    #expect(try world.act("a").failure?.hasPrefix("its outcome cannot be written") == true)
    #expect(try world.act("b").step == "order")
    try world.settle()
    #expect(try world.act("a").state == .done)
  }

  @Test("A runner that died is followed after its lease, or at once after a restart")
  func lease() throws {
    let world = try ActWorld()
    world.during("a-reserve") { throw Crash() }
    try world.begin("a")
    #expect(throws: Crash()) { try world.run() }
    #expect(try world.run() == 0)
    try world.runner.resume(now: world.now)
    #expect(try world.run() == 1)
  }

  @Test(
    "With lost answers, refusals, wishes and power cuts anywhere, an act is done everywhere or nowhere",
    arguments: 0..<60)
  func anything(seed: UInt64) throws {
    // Where each commit waits for a disk, a few tell enough of the store.
    guard StoreKind.current == .memory || seed < 4 else { return }
    var dice = Dice(seed: seed)
    let world = try ActWorld()
    world.dice = Dice(seed: seed &* 7919 + 1)
    let subjects = (0..<6).map { "s\($0)" }
    for subject in subjects { try world.begin(subject) }
    for _ in 0..<400 {
      if dice.chance(1, in: 20) { _ = try world.undo(subjects[dice.below(subjects.count)]) }
      if dice.chance(1, in: 10) {
        world.cut(dice.chance(1, in: 2) ? .before : .after)
      }
      do { try world.run() } catch is Crash {}
      world.store.onCommit(nil)
      world.now = world.now + .seconds(Int64(dice.below(90)))
    }
    world.dice = nil
    try world.settle()
    for subject in subjects {
      let state = try world.act(subject).state
      let expected: Set<String> = state == .done ? ["reserve", "order", "pivot", "activate"] : []
      #expect(state.isOver)
      #expect(world.effects(subject) == expected, "\(subject) is \(state)")
      #expect(try world.ended().filter { $0.hasPrefix("\(subject) ") }.count == 1)
    }
  }
}

/// Random numbers by a seed (SplitMix64).
struct Dice {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }

  mutating func chance(_ count: Int, in all: Int) -> Bool { below(all) < count }
}

/// A store with a runner, and the parties that acts work with: they know a repetition by its identifier.
final class ActWorld {
  let store: any Store
  var now = Instant(seconds: 1_000_000)
  /// Decides what goes wrong by itself; nil for nothing.
  var dice: Dice?
  private(set) var log: [String] = []
  private var answers: [String: [StepOutcome]] = [:]
  private var interludes: [String: () throws -> Void] = [:]
  private var spoilt: Set<String> = []
  private var done: Set<String> = []
  /// A remote party that has refused once refuses for ever.
  private var refused: Set<String> = []

  init() throws {
    let ended = Schema(owner: "ended", versions: [[.table("ended", "id INTEGER PRIMARY KEY, text TEXT NOT NULL")]])
    store = try StoreKind.current.make([Steps.schema, EventRecord.schema, ended])
  }

  static let plan = StepPlan<ActWorld>(
    "test",
    before: [
      Step("reserve", perform: { try $0.perform($1) }, undo: { try $0.undo($1, "reserve") }),
      Step("order", perform: { try $0.perform($1) }, undo: { try $0.undo($1, "order") }),
    ],
    pivot: Step("pivot", perform: { try $0.perform($1) }),
    after: [Step("activate", perform: { try $0.perform($1) })],
    ended: { _, act, transaction in
      try transaction.execute("INSERT INTO ended (text) VALUES ($1)", "\(act.subject) \(act.state)")
    })

  var runner: StepRunner<ActWorld> { StepRunner(Self.plan, for: self, store: store) }

  func begin(_ subject: String) throws {
    try store.transaction { try Steps.begin(Self.plan, subject: subject, now: now, in: $0) }
  }

  func undo(_ subject: String) throws -> Bool {
    try store.transaction { try Steps.undo(Self.plan, subject: subject, because: "wish", now: now, in: $0) }
  }

  func wake(_ subject: String) throws {
    try store.transaction { try Steps.wake("test", subject: subject, now: now, in: $0) }
  }

  @discardableResult func run() throws -> Int {
    now = now + .seconds(5)
    return try runner.run(now: now)
  }

  /// Runs until nothing goes on by itself.
  func settle() throws {
    for _ in 0..<200 {
      guard let due = try store.read({ try Steps.nextDue("test", in: $0) }) else { return }
      now = max(now, due)
      try run()
    }
    Issue.record("the acts do not come to rest")
  }

  func act(_ subject: String) throws -> Act {
    try #require(try store.read { try Steps.act("test", subject: subject, in: $0) })
  }

  func ended() throws -> [String] {
    try store.read { try $0.query("SELECT text FROM ended ORDER BY id").map { try $0(0, as: String.self) } }
  }

  // MARK: The parties

  func answer(_ identifier: String, _ outcomes: StepOutcome...) { answers[identifier] = outcomes }
  func during(_ identifier: String, _ deed: @escaping () throws -> Void) { interludes[identifier] = deed }
  func spoil(_ identifier: String) { spoilt.insert(identifier) }

  /// Cuts the power at the next commit.
  func cut(_ point: CommitPoint) { store.onCommit { if $0 == point { throw Crash() } } }

  /// What was done for `subject` and not undone.
  func effects(_ subject: String) -> Set<String> {
    Set(done.filter { $0.hasPrefix("\(subject)-") }.map { String($0.dropFirst(subject.count + 1)) })
  }

  private func perform(_ call: StepCall) throws -> StepOutcome {
    try run(call.identifier) { done.insert(call.identifier) }
  }

  private func undo(_ call: StepCall, _ step: String) throws -> StepOutcome {
    #expect(call.identifier == "\(call.act.subject)-\(step)-undo")
    return try run(call.identifier) { done.remove("\(call.act.subject)-\(step)") }
  }

  private func run(_ identifier: String, _ deed: () -> Void) throws -> StepOutcome {
    log.append(identifier)
    if let interlude = interludes.removeValue(forKey: identifier) { try interlude() }
    if var scripted = answers[identifier], !scripted.isEmpty {
      let outcome = scripted.removeFirst()
      answers[identifier] = scripted
      return outcome
    }
    if refused.contains(identifier) { return .refused("no") }
    if dice?.chance(1, in: 6) == true { return .unknown("lost on the way there") }
    if !identifier.hasSuffix("undo"), !done.contains(identifier), dice?.chance(1, in: 12) == true {
      // After the pivot a refusal passes.
      if !identifier.hasSuffix("activate") { refused.insert(identifier) }
      return .refused("no")
    }
    deed()
    if dice?.chance(1, in: 6) == true { return .unknown("lost on the way back") }
    if spoilt.remove(identifier) != nil { return .done { _ in throw StoreError.constraint("spoilt") } }
    return .done
  }
}
