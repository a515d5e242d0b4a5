import Bytes
import Identifiers

/// One thing that happened: a message on a link or a change of state.
public struct Event: Sendable, Equatable {
  /// What happened.
  public enum Kind: Int, Sendable, CaseIterable {
    /// A message came in.
    case received = 1
    /// A message went out.
    case sent = 2
    /// A record changed its state.
    case changed = 3
    /// Something was refused; the body tells more than the peer was told.
    case refused = 4
    /// Something went wrong on our side.
    case failed = 5
    /// A message came in and was answered.
    case exchanged = 6
  }

  /// What there is to read.
  public enum Body: Sendable, Equatable {
    case text(String)
    /// A message's bytes as they were on the link, secrets masked.
    case bytes([UInt8])
    /// A message's and its answer's bytes: one row where two would cost twice as much.
    case exchange(received: [UInt8], sent: [UInt8])
  }

  public var at: Instant
  /// Who recorded it: "SM-DP+".
  public var party: String
  /// The other side, or nil.
  public var peer: String?
  public var kind: Kind
  /// The message or the change: "ES9+.AuthenticateClient", "Profile".
  public var name: String
  /// What belongs together: a transaction identifier, an ICCID.
  public var correlation: String
  public var body: Body

  /// An event.
  public init(
    at: Instant, party: String, peer: String? = nil, kind: Kind, name: String, correlation: String, body: Body
  ) {
    (self.at, self.party, self.peer, self.kind) = (at, party, peer, kind)
    (self.name, self.correlation, self.body) = (name, correlation, body)
  }
}

/// Everything that happened, in order, never changed: transcripts, audit, metrics and diagrams are readings of it.
public enum EventRecord {
  /// Longer bodies are cut; a bound package need not be kept twice.
  public static let bodyLimit = 4096

  // The hot path's record is this one row and its one index; a reader of transcripts looks for a correlation.
  public static let schema = Schema(
    owner: "event-record",
    versions: [
      [
        .table(
          "event",
          """
          id INTEGER PRIMARY KEY, at INTEGER NOT NULL, party TEXT NOT NULL, peer TEXT,
          kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 6), name TEXT NOT NULL, correlation TEXT NOT NULL,
          text TEXT, body BLOB, answer BLOB, length INTEGER NOT NULL
          """),
        .index("event_correlation", on: "event (correlation)"),
      ]
    ])

  /// Appends `event` to the record.
  public static func append(_ event: Event, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute(
      """
      INSERT INTO event (at, party, peer, kind, name, correlation, text, body, answer, length)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      """, values: columns(of: event))
  }

  /// Appends `event` to the record; returns its number, which SQLite does at the price of a table in memory.
  public static func appendNumbered(_ event: Event, in transaction: any Transaction) throws(StoreError) -> Int {
    let rows = try transaction.query(
      """
      INSERT INTO event (at, party, peer, kind, name, correlation, text, body, answer, length)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
      """, values: columns(of: event))
    guard let row = rows.first else { throw .unexpected("an event without a number") }
    return try row(0)
  }

  private static func columns(of event: Event) -> [SQLValue] {
    var (text, body, answer) = (SQLValue.null, SQLValue.null, SQLValue.null)
    let length: Int
    switch event.body {
    case .text(let whole):
      text = .text(whole.utf8.count > bodyLimit ? String(whole.prefix(bodyLimit)) : whole)
      length = whole.utf8.count
    case .bytes(let whole):
      (body, length) = (.blob(cut(whole)), whole.count)
    case .exchange(let received, let sent):
      (body, answer) = (.blob(cut(received)), .blob(cut(sent)))
      length = received.count + sent.count
    }
    return [
      event.at.sqlValue, .text(event.party), event.peer.sqlValue, event.kind.rawValue.sqlValue, .text(event.name),
      .text(event.correlation), text, body, answer, length.sqlValue,
    ]
  }

  private static func cut(_ whole: [UInt8]) -> [UInt8] {
    whole.count > bodyLimit ? Array(whole.prefix(bodyLimit)) : whole
  }

  /// Forgets events before `instant`, at most `limit` of them; returns how many.
  public static func forget(before instant: Instant, limit: Int, in transaction: any Transaction) throws(StoreError)
    -> Int
  {
    try transaction.execute(
      "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE at < $1 ORDER BY id LIMIT $2)", instant, limit)
  }

  /// An event together with its number and, where the body was cut, the length it had.
  public struct Entry: Sendable, Equatable {
    /// Counts up, with gaps where a transaction was undone. Where several write at once, an event may be committed before
    /// one with a lower number.
    public let number: Int
    public let event: Event
    /// The bodies' length before they were cut, in bytes.
    public let length: Int
  }

  /// At most `limit` events with numbers above `number`, oldest first.
  public static func entries(after number: Int, limit: Int, in reader: any Reader) throws(StoreError) -> [Entry] {
    try reader.query(
      """
      SELECT id, at, party, peer, kind, name, correlation, text, body, answer, length FROM event
      WHERE id > $1 ORDER BY id LIMIT $2
      """, number, limit
    ).map(entry)
  }

  /// The events that belong to `correlation`, oldest first, at most `limit`.
  public static func entries(
    correlation: String, limit: Int = 1000, in reader: any Reader
  ) throws(StoreError) -> [Entry] {
    try reader.query(
      """
      SELECT id, at, party, peer, kind, name, correlation, text, body, answer, length FROM event
      WHERE correlation = $1 ORDER BY id LIMIT $2
      """, correlation, limit
    ).map(entry)
  }

  private static func entry(_ row: Row) throws(StoreError) -> Entry {
    guard let kind = Event.Kind(rawValue: try row(4)) else { throw .unexpected("an event of no known kind") }
    let (text, answer): (String?, [UInt8]?) = (try row(7), try row(9))
    let body: Event.Body =
      if let text {
        .text(text)
      } else if let answer {
        .exchange(received: try row(8), sent: answer)
      } else {
        .bytes(try row(8))
      }
    return Entry(
      number: try row(0),
      event: Event(
        at: try row(1), party: try row(2), peer: try row(3), kind: kind, name: try row(5), correlation: try row(6),
        body: body),
      length: try row(10))
  }
}
