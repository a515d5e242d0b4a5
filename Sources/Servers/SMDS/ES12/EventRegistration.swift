import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store

// SGP.22 §3.6.1: Event registration and deletion, as the SM-DS sees them.

extension Desk {
  /// SGP.22 §5.9.1 ES12.RegisterEvent: an SM-DP+ says that something waits for an eUICC.
  public func registerEvent(
    _ request: ES12.RegisterEvent.Request, from registrant: ServerCaller, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    guard let server = FQDN(request.rspServerAddress) else {
      throw Refusal.formatInvalid.because("\"rspServerAddress\" is no host name")
    }
    // The EventID becomes a MatchingID, so it is written like one.
    guard let eventId = MatchingId(request.eventId), !eventId.isEmpty else {
      throw Refusal.formatInvalid.because("\"eventId\" has a character that is not allowed, or none")
    }
    // SGP.22 §5.9.1: verify that the EventID is not already used for this EID.
    if let other = try EventTable.event(eventId.text, of: request.eid, at: given.now, in: reader) {
      throw Refusal.eventAlreadyRegistered.because("\(other.owner) registered \(eventId.text) for \(request.eid)")
    }
    let waiting = try EventTable.events(of: request.eid, at: given.now, limit: settings.eventsPerEUICC, in: reader)
    guard waiting.count < settings.eventsPerEUICC else {
      throw Refusal.providerUnavailable.because("\(waiting.count) events wait for \(request.eid) already")
    }
    let event = EventTable.Event(
      eid: request.eid, eventId: eventId.text, server: server.description, owner: registrant.identifier,
      registered: given.now, expiry: given.now + settings.eventLifetime)
    return Decision(
      .success(NoFields()), correlation: request.eid.digits, changes: [EventTable.Change.registered(event)])
  }

  /// SGP.22 §5.9.2 ES12.DeleteEvent: what waited was fetched or withdrawn.
  public func deleteEvent(
    _ request: ES12.DeleteEvent.Request, from registrant: ServerCaller, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    // SGP.22 §5.9.2: verify that the Event Record exists and was registered by the function caller. Another's is as
    // unknown to the caller as one that does not exist.
    guard let event = try EventTable.event(request.eventId, of: request.eid, at: given.now, in: reader),
      event.owner == registrant.identifier
    else {
      throw Refusal.eventUnknown.because(
        "\(registrant.identifier) has no event \(request.eventId) for \(request.eid)")
    }
    return Decision(
      .success(NoFields()), correlation: request.eid.digits, changes: [EventTable.Change.deleted(event)])
  }
}
