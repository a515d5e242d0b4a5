import Identifiers
import OfflineCard
import SecureMessages
import Store

/// A terminal's memory: its calendar, black list, usage log and clearances. What it was told to keep is durable when the
/// call returns.
public struct TerminalMemory: Sendable {
  let store: any Store

  /// The memory in `store`, whose tables it brings up to date; `clock` is what the clock says now.
  public init(_ store: any Store, clock: Instant) throws {
    self.store = store
    try store.migrate([TerminalTables.schema])
    try store.transaction { transaction in
      _ = try transaction.execute(
        """
        INSERT INTO terminal_state (id, latest_clock, black_list, batch) VALUES (1, $1, 0, 1) ON CONFLICT DO NOTHING
        """, clock)
    }
  }

  // MARK: TerminalCalendar

  /// The calendar as it stands.
  public func calendar() throws -> TerminalCalendar { try store.read { try Self.calendar(in: $0) } }

  static func calendar(in reader: any Reader) throws -> TerminalCalendar {
    let row = try reader.first("SELECT heard, heard_clock, latest_clock FROM terminal_state")
    guard let row else { throw StoreError.unexpected("the terminal's state is gone") }
    let (heard, clock): (Instant?, Instant?) = (try row(0), try row(1))
    let synchronised = heard.flatMap { heard in clock.map { (heard, $0) } }
    return TerminalCalendar(synchronised: synchronised, latestClock: try row(2))
  }

  /// Notes that the clock says `clock`: it cannot be turned back behind that unnoticed.
  public func note(clock: Instant) throws {
    try store.transaction { transaction in try Self.note(clock: clock, in: transaction) }
  }

  static func note(clock: Instant, in transaction: any Transaction) throws {
    try transaction.execute("UPDATE terminal_state SET latest_clock = $1 WHERE latest_clock < $1", clock)
  }

  // MARK: Black list

  /// The version of the black list; 0 where there is none.
  public func blackListVersion() throws -> Int {
    try store.read { try $0.first("SELECT black_list FROM terminal_state")?(0) ?? 0 }
  }

  /// Whether the card is barred.
  public func isBarred(_ card: CardNumber) throws -> Bool {
    try store.read { try $0.first("SELECT 1 FROM barred_card WHERE card = $1", card.text) != nil }
  }

  // MARK: Clearances

  /// The charging centre's word for a card, if one waits for it.
  public func clearance(for card: CardNumber) throws -> CardClearance? {
    let bytes: [UInt8]? = try store.read {
      try $0.first("SELECT message FROM card_clearance WHERE card = $1", card.text)?(0)
    }
    return try bytes.map { try CardClearance(encoded: $0) }
  }

  /// The card took its clearance.
  public func removeClearance(for card: CardNumber) throws {
    try store.transaction { transaction in
      _ = try transaction.execute("DELETE FROM card_clearance WHERE card = $1", card.text)
    }
  }
}
