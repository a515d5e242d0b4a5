import Identifiers
import Store

/// How a subscription is suspended, resumed or ended. The books decide; from there on the network and the SM-DP+ follow
/// until they agree.
public enum SubscriptionSteps {
  public static let plan = StepPlan<Office>(
    "subscription change",
    before: [],
    pivot: Step("Books", perform: books),
    after: [
      Step("Network", perform: network),
      Step("OpenOrders", perform: openOrders),
    ],
    ended: ended)

  private static func books(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let change = try office.desk.change(call.act.subject)
    do { try office.books.make(change.kind, of: change.subscription, now: call.now) } catch let refused as Refused {
      return .refused(refused.description)
    }
    return .done
  }

  private static func network(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let change = try office.desk.change(call.act.subject)
    try office.alignNetwork(with: change.subscription, now: call.now)
    return .done
  }

  /// What a subscription that has ended ordered is taken back; its profiles are free at the SM-DP+ again.
  private static func openOrders(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let change = try office.desk.change(call.act.subject)
    guard change.kind == .end else { return .done }
    return .done { transaction in
      for id in try OrderTable.open(ofSubscription: change.subscription, in: transaction) {
        _ = try Steps.undo(
          OrderSteps.plan, subject: id, because: "subscription \(change.subscription) has ended", now: call.now,
          in: transaction)
      }
    }
  }

  private static func ended(_ office: Office, _ act: Act, _ transaction: any Transaction) throws {
    let state: SubscriptionChange.State = act.state == .done ? .done : .refused
    try transaction.executeOne(
      "UPDATE subscription_change SET state = $2, ending = $3 WHERE id = $1", act.subject, state.rawValue,
      act.undoCause)
  }
}

extension Office {
  /// Lets the network do what the books say of a subscription. What changes meanwhile, by an order that puts another SIM
  /// into use or by another change, is heeded: who acts last looks once more.
  func alignNetwork(with subscription: Int, now: Instant) throws {
    var seen = try books.standing(of: subscription)
    while true {
      switch seen.state {
      case .open: if let sim = seen.sim { try network.unbar(sim.imsi, now: now) }
      case .suspended: if let sim = seen.sim { try network.bar(sim.imsi, now: now) }
      case .ended: for sim in seen.retired { try network.retire(sim, now: now) }
      }
      let next = try books.standing(of: subscription)
      if next == seen { return }
      seen = next
    }
  }
}
