import Identifiers
import SGP22
import Stations
import Store

/// SGP.22 §3.6: the event at the SM-DS by which a device finds an order, through the outbox.
public struct EventRegistration: Sendable {
  /// The SM-DP+'s address, to which the event leads.
  let address: String
  /// The SM-DP+'s functionRequesterIdentifier on ES12: the object identifier in its certificates.
  let requester: String

  /// The events of the SM-DP+ at `address` with the object identifier `requester`.
  public init(address: String, requester: String) { (self.address, self.requester) = (address, requester) }

  /// What the change of an order means for its event: it is registered when the profile may be fetched, and deleted when
  /// it can be fetched no more. To be put in the transaction that changes the order.
  public func follow(
    from old: Order? = nil, to new: Order, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    let (before, after) = (old.map { Self.mayBeFetched($0) } ?? false, Self.mayBeFetched(new))
    guard before != after, let change = after ? registered(new, now: now) : old.flatMap({ deleted($0, now: now) })
    else { return }
    try change.save(now: now, in: transaction)
  }

  private static func mayBeFetched(_ order: Order) -> Bool { [.released, .downloaded].contains(order.state) }

  /// The order's event is registered, where its owner wants one.
  func registered(_ order: Order, now: Instant) -> Change? {
    guard let (smds, eid, eventId) = Self.event(of: order) else { return nil }
    let request = ES12.RegisterEvent.Request(
      eid: eid, rspServerAddress: address, eventId: eventId, forwardingIndicator: true)
    return errand(.registerEvent, order, to: smds, request, now)
  }

  /// The order's event is deleted: it was used or is no longer true.
  func deleted(_ order: Order, now: Instant) -> Change? {
    guard let (smds, eid, eventId) = Self.event(of: order) else { return nil }
    return errand(.deleteEvent, order, to: smds, ES12.DeleteEvent.Request(eid: eid, eventId: eventId), now)
  }

  /// SGP.22 §5.3.2: the MatchingID is the EventID. A device finds an order with the empty one at its default SM-DP+.
  private static func event(of order: Order) -> (smds: String, eid: EID, eventId: String)? {
    guard let address = order.terms.smdsAddress, let eid = order.eid, let eventId = order.matchingId, !eventId.isEmpty
    else { return nil }
    return (address, eid, eventId)
  }

  private func errand(
    _ kind: Errand.Kind, _ order: Order, to smds: String, _ request: some JSONMessage, _ now: Instant
  ) -> Change {
    let header = JSONBinding.RequestHeader(
      functionRequesterIdentifier: requester,
      functionCallIdentifier: order.callIdentifier(kind.rawValue, at: now))
    return .send(
      Errand(kind, to: smds, body: JSONBinding.encode(request, header: header)), session: order.iccid.digits)
  }
}

extension Desk {
  /// The events of this SM-DP+.
  private var events: EventRegistration {
    EventRegistration(
      address: settings.address, requester: credentials.first?.oid.description ?? settings.requesterIdentifier)
  }

  /// Registers the order's event where its owner wants one.
  func registerEvent(_ order: Order, now: Instant) -> [Change] {
    events.registered(order, now: now).map { [$0] } ?? []
  }

  /// Deletes the order's event: it was used or is no longer true.
  func withdrawEvent(_ order: Order, now: Instant) -> [Change] {
    events.deleted(order, now: now).map { [$0] } ?? []
  }
}
