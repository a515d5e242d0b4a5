import Identifiers
import SGP22
import Stations
import Store

/// The events that wait, in the store.
public enum EventTable {
  public static let schema = Schema(
    owner: "sm-ds",
    versions: [
      [
        .table(
          "smds_event",
          """
          eid TEXT NOT NULL CHECK (length(eid) = 32), event_id TEXT NOT NULL, server TEXT NOT NULL, owner TEXT NOT NULL,
          registered INTEGER NOT NULL, expiry INTEGER NOT NULL, PRIMARY KEY (eid, event_id)
          """),
        .index("smds_event_expiry", on: "smds_event (expiry)"),
      ]
    ])

  /// An event: something waits for an eUICC at a server.
  public struct Event: Sendable, Hashable {
    /// The eUICC.
    public let eid: EID
    /// The event's name, unique for the eUICC: it serves as MatchingID at the server.
    public let eventId: String
    /// Where it waits: an SM-DP+ or another SM-DS.
    public let server: String
    /// The object identifier of the server that registered it and alone may delete it.
    public let owner: String
    public let registered: Instant
    /// From then on the event is unknown.
    public let expiry: Instant
  }

  /// The event `eventId` of `eid`, if it has not expired.
  static func event(
    _ eventId: String, of eid: EID, at now: Instant, in reader: any Reader
  ) throws(StoreError) -> Event? {
    try reader.first(
      """
      SELECT eid, event_id, server, owner, registered, expiry FROM smds_event
      WHERE eid = $1 AND event_id = $2 AND expiry > $3
      """, eid, eventId, now
    ).map(event)
  }

  /// The events that wait for `eid`, oldest first, at most `limit`.
  public static func events(
    of eid: EID, at now: Instant, limit: Int, in reader: any Reader
  ) throws(StoreError) -> [Event] {
    try reader.query(
      """
      SELECT eid, event_id, server, owner, registered, expiry FROM smds_event
      WHERE eid = $1 AND expiry > $2 ORDER BY registered, event_id LIMIT $3
      """, eid, now, limit
    ).map(event)
  }

  private static func event(_ row: Row) throws(StoreError) -> Event {
    Event(
      eid: try row(0), eventId: try row(1), server: try row(2), owner: try row(3), registered: try row(4),
      expiry: try row(5))
  }

  /// Forgets at most `limit` events that expired before `now`; returns how many.
  static func sweep(before now: Instant, limit: Int, in transaction: any Transaction) throws(StoreError) -> Int {
    try transaction.execute(
      """
      DELETE FROM smds_event WHERE (eid, event_id) IN (
        SELECT eid, event_id FROM smds_event WHERE expiry <= $1 ORDER BY expiry LIMIT $2)
      """, now, limit)
  }

  /// What becomes of an event.
  enum Change: DurableChange {
    /// A new one, in the place of one of the same name that has expired.
    case registered(Event)
    case deleted(Event)

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      switch self {
      case .registered(let event):
        let count = try transaction.execute(
          """
          INSERT INTO smds_event (eid, event_id, server, owner, registered, expiry) VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (eid, event_id) DO UPDATE SET server = excluded.server, owner = excluded.owner,
            registered = excluded.registered, expiry = excluded.expiry WHERE smds_event.expiry <= $5
          """, event.eid, event.eventId, event.server, event.owner, event.registered, event.expiry)
        // Registered twice at the same time: the second is decided anew and finds the first.
        guard count == 1 else { throw .conflict }
      case .deleted(let event):
        try transaction.executeOne(
          "DELETE FROM smds_event WHERE eid = $1 AND event_id = $2 AND owner = $3", event.eid, event.eventId,
          event.owner)
      }
    }
  }
}
