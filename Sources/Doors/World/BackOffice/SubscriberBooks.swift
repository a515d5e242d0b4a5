import CustomerManagement
import Identifiers
import OrderDesk

/// Customer management as the books that changes of subscriptions are written into.
public struct SubscriberBooks: SubscriptionBook {
  private let desk: CustomerManagement.Desk

  /// Over customer management's desk.
  public init(_ desk: CustomerManagement.Desk) { self.desk = desk }

  public func standing(of subscription: Int) throws -> SubscriptionStanding {
    let found = try desk.subscription(subscription)
    let state: SubscriptionStanding.State =
      switch found.state {
      case .ordered, .active: .open
      case .suspended: .suspended
      case .ended: .ended
      }
    var sim: OrderDesk.SIM?
    if let iccid = found.iccid, let imsi = found.imsi { sim = OrderDesk.SIM(iccid: iccid, imsi: imsi) }
    let retired = try desk.retiredSIMs(ofSubscription: subscription)
    return SubscriptionStanding(
      state, sim: sim, retired: retired.map { OrderDesk.SIM(iccid: $0.iccid, imsi: $0.imsi) })
  }

  public func make(_ kind: SubscriptionChange.Kind, of subscription: Int, now: Instant) throws {
    do {
      // A repetition finds the books as it left them.
      switch (kind, try desk.subscription(subscription).state) {
      case (.suspend, .suspended), (.resume, .active), (.end, .ended): return
      case (.suspend, _): try desk.suspend(subscription, now: now)
      case (.resume, _): try desk.suspend(subscription, false, now: now)
      case (.end, _): try desk.end(subscription, now: now)
      }
    } catch let error as CustomerError { throw Refused(error.description) }
  }
}
