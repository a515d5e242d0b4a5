import Identifiers
import OrderDesk
import SMDPPlus
import TestStores
import Testing

@Suite("Cancellation and replacement in every state, once and again", .overEveryStore) struct RepetitionTests {
  /// Brings an order of a new subscription to `state`.
  private func order(in state: OrderDesk.Order.State, _ operation: Operation) throws -> String {
    let id = try operation.place(operation.subscription()).id
    if state == .placed { return id }
    if state == .failed { operation.centre.forget(try Fixed.imsi(0)) }
    try operation.settle()
    switch state {
    case .cancelled: try operation.desk.cancel(id, because: "test", now: operation.now)
    case .installed, .active, .replaced:
      try install(id, operation)
      // Installed: the network has not been told yet.
      if state == .installed { try operation.runner.run(now: operation.now) }
      if state == .replaced {
        try operation.settle()
        let next = try operation.desk.replace(id, now: operation.now, random: operation.random).id
        try operation.settle()
        try install(next, operation)
      }
    default: break
    }
    if state != .installed { try operation.settle() }
    operation.centre.prepare(try Fixed.imsi(0))
    #expect(try operation.desk.order(id).state == state)
    return id
  }

  private func install(_ id: String, _ operation: Operation) throws {
    let sim = try #require(try operation.desk.order(id).sim)
    try operation.download(sim.iccid)
    _ = operation.report(sim.iccid)
  }

  @Test(
    "Cancelled twice is cancelled once; what works, failed or was replaced is not",
    arguments: OrderDesk.Order.State.allCases)
  func cancel(state: OrderDesk.Order.State) throws {
    let operation = try Operation()
    let id = try order(in: state, operation)
    let isAllowed = [.placed, .released, .cancelled].contains(state)
    for _ in 0..<2 {
      if isAllowed {
        try operation.desk.cancel(id, because: "test", now: operation.now)
      } else {
        #expect(throws: OrderError.self) { try operation.desk.cancel(id, because: "test", now: operation.now) }
      }
    }
    try operation.settle()
    let end = try operation.desk.order(id).state
    #expect(end == (isAllowed ? .cancelled : state == .installed ? .active : state))
  }

  @Test(
    "Replaced twice is replaced once; a cancelled order and a replaced one are not",
    arguments: OrderDesk.Order.State.allCases)
  func replace(state: OrderDesk.Order.State) throws {
    let operation = try Operation()
    let id = try order(in: state, operation)
    func replace() throws -> String {
      try operation.desk.replace(id, now: operation.now, random: operation.random).id
    }
    if state == .cancelled {
      #expect(throws: OrderError.self) { try replace() }
      return
    }
    let second = try replace()
    #expect(try replace() == second)
    try operation.settle()
    if state != .replaced { try install(second, operation) }
    try operation.settle()
    #expect(try replace() == second, "asked for again after everything is done")
    #expect(try operation.desk.order(second).state == .active)
    let end: OrderDesk.Order.State =
      switch state {
      case .placed, .released: .cancelled
      case .failed: .failed
      default: .replaced
      }
    #expect(try operation.desk.order(id).state == end)
    try operation.expectAgreement([id, second], "\(state)")
  }

  @Test("A cancellation that the SM-DP+ refuses is told with its reason") func refusedCancellation() throws {
    let operation = try Operation()
    let id = try order(in: .released, operation)
    #expect(try operation.desk.cancellationRefusal(of: id) == nil)
    let sim = try #require(try operation.desk.order(id).sim)
    try operation.download(sim.iccid)
    try operation.desk.cancel(id, because: "changed my mind", now: operation.now)
    try operation.settle()
    let refusal = try operation.desk.cancellationRefusal(of: id)
    #expect(refusal?.contains("8.2.1/3.3") == true, "\(refusal ?? "")")
  }
}
