import Identifiers
import SGP22

// SGP.22 §3.6: the event at the SM-DS by which a device finds the order, through the outbox.

extension Desk {
  /// Registers the order's event where its owner wants one.
  func registerEvent(_ order: Order) -> [Change] {
    guard let (address, eid, eventId) = event(of: order) else { return [] }
    let request = ES12.RegisterEvent.Request(
      eid: eid, rspServerAddress: settings.address, eventId: eventId, forwardingIndicator: true)
    return [errand(.registerEvent, order, to: address, request)]
  }

  /// Deletes the order's event: it was used or is no longer true.
  func withdrawEvent(_ order: Order) -> [Change] {
    guard let (address, eid, eventId) = event(of: order) else { return [] }
    return [errand(.deleteEvent, order, to: address, ES12.DeleteEvent.Request(eid: eid, eventId: eventId))]
  }

  private func event(of order: Order) -> (address: String, eid: EID, eventId: String)? {
    guard let address = order.terms.smdsAddress, let eid = order.eid, let eventId = order.matchingId else { return nil }
    return (address, eid, eventId)
  }

  private func errand(
    _ kind: Errand.Kind, _ order: Order, to address: String, _ request: some JSONMessage
  ) -> Change {
    let header = JSONBinding.RequestHeader(
      functionRequesterIdentifier: settings.requesterIdentifier,
      functionCallIdentifier: "\(order.iccid)-\(order.version)-\(kind.rawValue)")
    return .send(
      Errand(kind, to: address, body: JSONBinding.encode(request, header: header)), session: order.iccid.digits)
  }
}
