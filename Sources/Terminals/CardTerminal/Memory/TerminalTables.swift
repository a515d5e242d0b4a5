import Store

/// What a terminal remembers without power.
public enum TerminalTables {
  public static let schema = Schema(
    owner: "card-terminal",
    versions: [
      [
        // One row: when the charging centre was last heard (its time and the clock's), the clock's latest reading, the
        // black list's version, and the next batch's number.
        .table(
          "terminal_state",
          """
          id INTEGER PRIMARY KEY CHECK (id = 1), heard INTEGER, heard_clock INTEGER, latest_clock INTEGER NOT NULL,
          black_list INTEGER NOT NULL CHECK (black_list >= 0), batch INTEGER NOT NULL CHECK (batch > 0)
          """),
        // R belongs to the key: of a card and its clone, which number alike, neither covers the other up.
        .table(
          "terminal_usage",
          """
          card TEXT NOT NULL, number INTEGER NOT NULL CHECK (number > 0), r BLOB NOT NULL,
          step INTEGER NOT NULL CHECK (step >= 0), reserved INTEGER NOT NULL CHECK (reserved >= 0),
          certificate BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY (card, number, r)
          """),
        // The batch under way: sent as the same bytes until its receipt came.
        .table("terminal_batch", "number INTEGER PRIMARY KEY, request BLOB NOT NULL"),
        .table("barred_card", "card TEXT PRIMARY KEY"),
        .table("card_clearance", "card TEXT PRIMARY KEY, message BLOB NOT NULL"),
      ]
    ])
}
