import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store

extension Desk {
  /// SGP.22 §5.3.1 ES2+.DownloadOrder: a profile is reserved.
  public func downloadOrder(
    _ request: ES2Plus.DownloadOrder.Request, from requester: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<ES2Plus.DownloadOrder.Response> {
    let order = try reserve(request, for: requester, in: reader)
    var reserved = order
    reserved.owner = requester.identifier
    reserved.eid = request.eid
    // SGP.22 §5.3.1: with an EID the profile's state is set to 'Linked', without to 'Allocated'.
    do { try reserved.move(to: request.eid == nil ? .allocated : .linked) } catch {
      throw Refusal.iccidUnavailable.because("\(order.iccid): \(error)")
    }
    return Decision(
      .success(.init(iccid: order.iccid)), correlation: order.iccid.digits,
      [.updateOrder(from: order, to: reserved, because: "DownloadOrder of \(requester.identifier)")])
  }

  private func reserve(
    _ request: ES2Plus.DownloadOrder.Request, for requester: Requesters.Requester, in reader: any Reader
  ) throws -> Order {
    // SGP.22 §5.3.1: the ICCID identifies the profile, or any profile of the type is taken.
    if let iccid = request.iccid {
      let order = try order(iccid, of: requester, in: reader)
      guard order.state == .available else {
        throw Refusal.iccidUnavailable.because("\(iccid) is \(order.state)")
      }
      if let type = request.profileType, type != order.profileType {
        throw Refusal.profileTypeMismatch.because("\(iccid) is of type \(order.profileType), not \(type)")
      }
      return order
    }
    let type = request.profileType ?? ""
    if let order = try OrderBook.available(profileType: type, owner: requester.identifier, in: reader) { return order }
    let known = try OrderBook.knowsType(type, owner: requester.identifier, in: reader)
    guard known.exists else { throw Refusal.profileTypeUnknown.because("type \(type)") }
    guard known.isAllowed else { throw Refusal.profileTypeNotAllowed.because("type \(type)") }
    throw Refusal.profileTypeExhausted.because("type \(type)")
  }
}
