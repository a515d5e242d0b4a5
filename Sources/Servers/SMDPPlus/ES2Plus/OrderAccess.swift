import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store

// SGP.22 §5.3: what all functions of ES2+ check first.

/// The operators that may call ES2+.
public typealias Requesters = MutualAuthentication.Requesters

extension Desk {
  /// The order of `iccid`, which must be `requester`'s.
  func order(
    _ iccid: ICCID, of requester: Requesters.Requester, in reader: any Reader
  ) throws -> Order {
    guard let order = try OrderBook.order(iccid, in: reader) else {
      throw Refusal.iccidUnknown.because("\(requester.identifier) asked for \(iccid)")
    }
    guard order.owner == requester.identifier || order.owner.isEmpty && order.state == .available else {
      throw Refusal.profileNotAllowed.because("\(requester.identifier) asked for \(iccid) of \(order.owner)")
    }
    return order
  }
}
