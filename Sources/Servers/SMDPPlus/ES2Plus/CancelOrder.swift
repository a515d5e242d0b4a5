import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store

extension Desk {
  /// SGP.22 §5.3.3 ES2+.CancelOrder: the operator takes an order back.
  public func cancelOrder(
    _ request: ES2Plus.CancelOrder.Request, from requester: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let order = try order(request.iccid, of: requester, in: reader)
    // SGP.22 §5.3.3: EID and MatchingID, if they are given, SHALL be those of the order.
    if let eid = request.eid, eid != order.eid {
      throw Refusal.eidAssociationInvalid.because("\(order.iccid) is not linked to \(eid)")
    }
    if let token = request.matchingId, token != order.matchingId {
      throw Refusal.matchingIdAssociationInvalid.because("\(order.iccid) does not have the MatchingID \(token)")
    }
    guard order.state.isCancellable else {
      // SGP.22 §5.3.3: what was downloaded already is refused with 8.2.1/3.3.
      let isFree = [.available, .unavailable].contains(order.state)
      let refusal = isFree ? Refusal.profileTransitionInvalid : .iccidUnavailable
      throw refusal.because("\(order.iccid) is \(order.state)")
    }
    var cancelled = order
    do {
      switch request.finalProfileStatusIndicator {
      case .available:
        try cancelled.move(to: .available)
        cancelled.reset()
      case .unavailable: try cancelled.move(to: .unavailable)
      }
    } catch { throw Refusal.profileTransitionInvalid.because("\(order.iccid): \(error)") }
    return Decision(
      .success(NoFields()), correlation: order.iccid.digits,
      [.updateOrder(from: order, to: cancelled, because: "CancelOrder of \(requester.identifier)")]
        + (order.state == .released ? withdrawEvent(order, now: given.now) : []))
  }
}
