import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store

extension Desk {
  /// SGP.22 §5.3.4 ES2+.ReleaseProfile: a confirmed profile may be fetched.
  public func releaseProfile(
    _ request: ES2Plus.ReleaseProfile.Request, from requester: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let order = try order(request.iccid, of: requester, in: reader)
    guard order.state == .confirmed else {
      throw Refusal.profileTransitionInvalid.because("\(order.iccid) is \(order.state)")
    }
    var released = order
    do { try released.move(to: .released) } catch {
      throw Refusal.profileTransitionInvalid.because("\(order.iccid): \(error)")
    }
    return Decision(
      .success(NoFields()), correlation: order.iccid.digits,
      [.updateOrder(from: order, to: released, because: "ReleaseProfile of \(requester.identifier)")]
        + registerEvent(released, now: given.now))
  }
}
