import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store
import TLV

// SGP.22 §3.0.1: Common mutual authentication, and §3.6.2: Event retrieval, as the SM-DS sees them.

/// What happens in a session with the SM-DS once the eUICC is authenticated: it was told its events, and no more.
///
/// ```
/// DiscoveryCourse ::= [1] SEQUENCE { eid [APPLICATION 26] OCTET STRING }
/// ```
struct DiscoveryCourse: SessionCourse, TLVSequence {
  let eid: EID

  init(eid: EID) { self.eid = eid }

  init(from reader: inout TLVReader) throws(TLVError) { self = try reader.read(0xA1) }

  func encode(to writer: inout TLVWriter) { writer.write(0xA1, self) }

  init(fields reader: inout TLVReader) throws(TLVError) { eid = try reader.read(.iccid) }

  func encodeFields(to writer: inout TLVWriter) { writer.write(.iccid, eid) }
}

extension Desk {
  /// SGP.22 §5.8.1 ES11.InitiateAuthentication: the server signs the eUICC's challenge and gives one of its own.
  public func initiateAuthentication(
    _ request: ES11.InitiateAuthentication.Request, given: Given, in reader: any Reader
  ) throws -> Decision<ES11.InitiateAuthentication.Response> {
    try authentication.initiateAuthentication(request, given: given, in: reader)
  }

  /// SGP.22 §5.8.2 ES11.AuthenticateClient: the eUICC proves itself, and is told what waits for it.
  public func authenticateClient(
    _ request: ES11.AuthenticateClient.Request, given: Given, in reader: any Reader
  ) throws -> Decision<ES11.AuthenticateClient.Response> {
    try authentication.authenticateClient(request, given: given, in: reader) { ok, euicc, _ in
      let wanted = ok.euiccSigned1.value.ctxParams1.common?.matchingId ?? ""
      let events = try events(wanted, of: euicc.eid, given: given, in: reader)
      return Reception(
        ES11.AuthenticateClient.Response(
          transactionId: request.transactionId,
          eventEntries: events.map { .init(eventId: $0.eventId, rspServerAddress: $0.server) }),
        DiscoveryCourse(eid: euicc.eid))
    }
  }

  /// SGP.22 §5.8.2: with an EventID the one event that it names, without all that wait for the eUICC's EID.
  private func events(
    _ eventId: String, of eid: EID, given: Given, in reader: any Reader
  ) throws -> [EventTable.Event] {
    guard !eventId.isEmpty else {
      return try EventTable.events(of: eid, at: given.now, limit: settings.eventsPerEUICC, in: reader)
    }
    // SGP.22 §5.8.2: if no Event Record is identified by the EventID for this EID, the status is 8.9.5/3.9.
    guard let event = try EventTable.event(eventId, of: eid, at: given.now, in: reader) else {
      throw Refusal.eventUnknown.because("\(eid) asked for \(eventId)")
    }
    return [event]
  }
}
