import CustomerManagement
import Identifiers
import OrderDesk
import SMDPPlus
import Store
import TestStores
import Testing

@Suite("Subscriptions that are suspended, resumed and ended", .overEveryStore) struct SubscriptionChangeTests {
  /// An active subscription with a number, its order and its SIM.
  private func active(_ operation: Operation) throws -> (id: Int, order: String, sim: OrderDesk.SIM) {
    let subscription = try operation.subscription()
    let order = try operation.place(subscription).id
    try operation.settle()
    let sim = try #require(try operation.desk.order(order).sim)
    try operation.download(sim.iccid)
    _ = operation.report(sim.iccid)
    try operation.settle()
    return (subscription, order, sim)
  }

  private func change(
    _ id: Int, _ kind: SubscriptionChange.Kind, _ operation: Operation
  ) throws -> SubscriptionChange {
    try operation.desk.change(id, kind, now: operation.now, random: operation.random)
  }

  @Test("Suspended the SIM is out, resumed it is in, ended it is out for good; each may be asked for twice")
  func life() throws {
    let operation = try Operation()
    let (id, order, sim) = try active(operation)
    for (kind, isIn) in [(SubscriptionChange.Kind.suspend, false), (.resume, true), (.suspend, false), (.end, false)] {
      let asked = try change(id, kind, operation)
      #expect(try change(id, kind, operation).id == asked.id, "one that is under way is not begun again")
      try operation.settle()
      #expect(try operation.desk.change(asked.id).state == .done)
      #expect(operation.centre.isActive(sim.imsi) == isIn)
      let again = try change(id, kind, operation)
      try operation.settle()
      #expect(try operation.desk.change(again.id).state == .done)
      #expect(operation.centre.isActive(sim.imsi) == isIn)
      try operation.expectAgreement([order], "\(kind)")
    }
    #expect(try operation.customers.sim(sim.iccid).state == .retired)
    let late = try change(id, .resume, operation)
    try operation.settle()
    let refused = try operation.desk.change(late.id)
    #expect(refused.state == .refused && refused.ending?.contains("is ended and cannot become active") == true)
    #expect(!operation.centre.isActive(sim.imsi))
    let history = try operation.desk.history(ofSubscription: id).map(\.event.name)
    #expect(history.contains("ReleaseProfile") && history.filter { $0 == "Network" }.count == 8)
    #expect(history.last == "Act")
  }

  @Test("What has no SIM in use yet cannot be suspended, but ended: its orders are taken back") func early() throws {
    let operation = try Operation()
    let id = try operation.subscription()
    let order = try operation.place(id).id
    try operation.settle()
    let suspension = try change(id, .suspend, operation)
    try operation.settle()
    #expect(try operation.desk.change(suspension.id).state == .refused)
    _ = try change(id, .end, operation)
    try operation.settle()
    #expect(try operation.desk.order(order).state == .cancelled)
    #expect(operation.line.calls.last == "cancelOrder")
    try operation.expectAgreement([order], "early")
  }

  @Test("Another change waits until the one under way is over") func oneAtATime() throws {
    let operation = try Operation()
    let (id, _, _) = try active(operation)
    _ = try change(id, .suspend, operation)
    #expect(throws: OrderError.self) { try change(id, .end, operation) }
    #expect(throws: OrderError.unknownChange("NOBODY")) { try operation.desk.change("NOBODY") }
  }

  @Test("A replacement that comes during a suspension is not let in before it is over") func replaced() throws {
    let operation = try Operation()
    let (id, order, _) = try active(operation)
    _ = try change(id, .suspend, operation)
    try operation.settle()
    let second = try operation.desk.replace(order, now: operation.now, random: operation.random).id
    try operation.settle()
    let sim = try #require(try operation.desk.order(second).sim)
    try operation.download(sim.iccid)
    _ = operation.report(sim.iccid)
    for _ in 0..<6 {
      try operation.runner.run(now: operation.now)
      #expect(!operation.centre.isActive(sim.imsi), "not for a moment")
    }
    try operation.settle()
    #expect(try operation.desk.order(second).state == .active)
    _ = try change(id, .resume, operation)
    try operation.settle()
    #expect(operation.centre.isActive(sim.imsi))
    try operation.expectAgreement([order, second], "replaced")
  }

  @Test(
    "Whichever step of an order a suspension or an end falls between, books and network agree",
    arguments: [SubscriptionChange.Kind.suspend, .end], 0..<5)
  func between(kind: SubscriptionChange.Kind, steps: Int) throws {
    let operation = try Operation()
    let (id, order, _) = try active(operation)
    let second = try operation.desk.replace(order, now: operation.now, random: operation.random).id
    try operation.settle()
    let sim = try #require(try operation.desk.order(second).sim)
    try operation.download(sim.iccid)
    _ = operation.report(sim.iccid)
    for _ in 0..<steps { try operation.runner.run(now: operation.now) }
    _ = try change(id, kind, operation)
    try operation.settle()
    #expect(!operation.centre.isActive(sim.imsi))
    #expect(try operation.customers.sim(sim.iccid).state == (kind == .end ? .retired : .inUse))
    if kind == .suspend {
      _ = try change(id, .resume, operation)
      try operation.settle()
      #expect(operation.centre.isActive(sim.imsi))
    }
  }
}
