import Identifiers
import OrderDesk
import SMDPPlus
import Store
import TestStores
import Testing

@Suite("Orders: power cuts at every durable write") struct CrashTests {
  enum Victim: CaseIterable { case operatorStore, server }
  enum Story: CaseIterable {
    case installed, cancelled, tooLate, replaced, refused, notInstalled, suspended, resumed, ended, endedEarly
  }

  /// Plays a story; whoever dies is started again and goes on with what it has.
  private func play(_ story: Story, _ operation: Operation, _ orders: inout [String]) throws {
    let first = try persist(operation) { try operation.place(operation.subscriptions[0]).id }
    orders.append(first)
    if story == .refused { operation.centre.forget(try Fixed.imsi(0)) }
    try work(operation)
    if story == .refused { return }
    let sim = try #require(try operation.desk.order(first).sim)
    if story == .endedEarly { return try change([.end], operation) }
    if story == .cancelled {
      try persist(operation) { try operation.desk.cancel(first, because: "test", now: operation.now) }
      return try work(operation)
    }
    if story == .notInstalled {
      try persist(operation) { try operation.fail(sim.iccid, delivered: true) }
      try deliver(operation, sim.iccid, failing: true)
      try work(operation)
      return try replace(first, operation, &orders)
    }
    try persist(operation) { try operation.download(sim.iccid) }
    if story == .tooLate {
      try persist(operation) { try operation.desk.cancel(first, because: "test", now: operation.now) }
      try work(operation)
    }
    try deliver(operation, sim.iccid)
    try work(operation)
    switch story {
    case .replaced: try replace(first, operation, &orders)
    case .suspended: try change([.suspend], operation)
    case .resumed: try change([.suspend, .resume], operation)
    case .ended: try change([.suspend, .end], operation)
    default: break
    }
  }

  private func change(_ kinds: [SubscriptionChange.Kind], _ operation: Operation) throws {
    for kind in kinds {
      try persist(operation) {
        _ = try operation.desk.change(
          operation.subscriptions[0], kind, now: operation.now, random: operation.random)
      }
      try work(operation)
    }
  }

  private func replace(_ first: String, _ operation: Operation, _ orders: inout [String]) throws {
    let second = try persist(operation) {
      try operation.desk.replace(first, now: operation.now, random: operation.random).id
    }
    orders.append(second)
    try work(operation)
    let new = try #require(try operation.desk.order(second).sim)
    try persist(operation) { try operation.download(new.iccid) }
    try deliver(operation, new.iccid)
    try work(operation)
  }

  /// Runs the steps; after a crash a new process takes over.
  private func work(_ operation: Operation) throws {
    for _ in 0..<3 {
      do { return try operation.settle() } catch is Crash {
        try operation.runner.resume(now: operation.now)
        try operation.changes.resume(now: operation.now)
      }
    }
  }

  /// Somebody at a terminal: sees an error, looks, and asks again if it did not happen.
  @discardableResult private func persist<Value>(_ operation: Operation, _ deed: () throws -> Value) throws -> Value {
    do { return try deed() } catch is Crash {
      if let lost = try operation.desk.orders().first(where: { $0.state == .placed })?.id as? Value { return lost }
      return try deed()
    }
  }

  /// The SM-DP+'s courier repeats a report until it is taken.
  private func deliver(_ operation: Operation, _ iccid: ICCID, failing: Bool = false) throws {
    for _ in 0..<3 {
      let reply =
        failing
        ? operation.report(
          iccid, .failed(.euiccFailed), data: Operation.errorResult(.installFailedDueToPEProcessingError))
        : operation.report(iccid)
      if reply.status == 204 { return }
    }
  }

  @Test(
    "Order book, SM-DP+, SIM stock and authentication centre agree after a cut at any commit, without a person's help",
    arguments: Story.allCases, Victim.allCases)
  func everyCommit(story: Story, victim: Victim) throws {
    var commits = 0
    for point in [CommitPoint.before, .after] {
      for commit in 0..<200 {
        let operation = try Operation()
        _ = try operation.subscription()
        let cut = PowerCut(at: commit, point)
        let store = victim == .operatorStore ? operation.store : operation.serverStore
        store.onCommit { try cut.hook($0) }
        var orders: [String] = []
        try play(story, operation, &orders)
        store.onCommit(nil)
        try work(operation)
        try operation.expectAgreement(orders, "\(story), cut of \(victim) \(point) commit \(commit)")
        let states = try orders.map { try operation.desk.order($0).state }
        let wanted: [OrderDesk.Order.State] =
          switch story {
          case .installed, .tooLate: [.active]
          case .cancelled: [.cancelled]
          case .replaced: [.replaced, .active]
          case .refused: [.failed]
          case .notInstalled: [.failed, .active]
          case .suspended, .resumed, .ended: [.active]
          case .endedEarly: [.cancelled]
          }
        #expect(states == wanted, "cut of \(victim) \(point) commit \(commit)")
        commits = max(commits, commit)
        if !cut.isOver { break }
      }
    }
    #expect(victim == .server || commits >= (story == .refused ? 5 : 15))
  }

  @Test(
    "A line that loses what goes there or what comes back only delays an order",
    .overEveryStore,
    arguments: [
      Line.Fault.lostThere, .lostBack,
    ])
  func lostAnswers(fault: Line.Fault) throws {
    let operation = try Operation()
    let id = try operation.place().id
    operation.line.fault = fault
    for _ in 0..<12 {
      operation.now = operation.now + .seconds(60)
      try operation.runner.run(now: operation.now)
    }
    #expect(try operation.desk.failing().map(\.subject) == [id])
    operation.line.fault = nil
    try operation.settle()
    #expect(try operation.desk.order(id).state == .released)
    try operation.expectAgreement([id], "\(fault)")
  }

  @Test(
    "Cancelled while nobody knows whether the SM-DP+ took the order: it is asked first, then undone", .overEveryStore)
  func cancelledWhileUnknown() throws {
    let operation = try Operation()
    let id = try operation.place().id
    try operation.runner.run(now: operation.now)
    try operation.runner.run(now: operation.now)
    operation.line.fault = .lostBack
    try operation.runner.run(now: operation.now)
    operation.line.fault = nil
    try operation.desk.cancel(id, because: "test", now: operation.now)
    try operation.settle()
    #expect(operation.line.calls == ["downloadOrder", "downloadOrder", "cancelOrder"])
    try operation.expectAgreement([id], "unknown")
  }
}
