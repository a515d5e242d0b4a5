import Store

/// The charging centre's tables. The schema forbids what must never be: a service that is there twice, or billed beyond
/// what its card signed.
public enum ChargingTables {
  public static let schema = Schema(
    owner: "charging",
    versions: [
      [
        // Of each service the highest step that came, and when; amounts in units.
        .table(
          "charged_service",
          """
          card TEXT NOT NULL, number INTEGER NOT NULL CHECK (number > 0), step INTEGER NOT NULL,
          is_end INTEGER NOT NULL, heard INTEGER NOT NULL, registration TEXT NOT NULL, terminal TEXT NOT NULL, kind INTEGER NOT NULL, begun INTEGER NOT NULL,
          ended INTEGER NOT NULL, amount INTEGER NOT NULL CHECK (amount >= 0),
          billed INTEGER NOT NULL DEFAULT 0 CHECK (billed BETWEEN 0 AND amount), record BLOB NOT NULL,
          PRIMARY KEY (card, number)
          """),
        .index("charged_service_unbilled", on: "charged_service (begun) WHERE billed < amount"),
        .index("charged_service_unended", on: "charged_service (card, number) WHERE is_end = 0"),
        .table(
          "charged_card",
          "card TEXT PRIMARY KEY, certificate BLOB NOT NULL, through INTEGER NOT NULL CHECK (through >= 0)"),
        .table(
          "usage_batch",
          """
          terminal TEXT NOT NULL, number INTEGER NOT NULL CHECK (number > 0), digest BLOB NOT NULL,
          receipt BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (terminal, number)
          """),
        // Records that are not billed, and why.
        .table(
          "refused_record",
          """
          id INTEGER PRIMARY KEY, terminal TEXT NOT NULL, batch INTEGER NOT NULL, card TEXT, number INTEGER,
          reason INTEGER NOT NULL CHECK (reason BETWEEN 1 AND 5), record BLOB NOT NULL, at INTEGER NOT NULL
          """),
        .table("bill_month", "month TEXT PRIMARY KEY, closed INTEGER NOT NULL"),
        .table(
          "bill_line",
          """
          month TEXT NOT NULL REFERENCES bill_month (month), registration TEXT NOT NULL, card TEXT NOT NULL,
          number INTEGER NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
          PRIMARY KEY (month, registration, card, number)
          """),
        .table("terminal_place", "terminal TEXT PRIMARY KEY, latitude INTEGER NOT NULL, longitude INTEGER NOT NULL"),
        .table(
          "black_list_update",
          """
          version_from INTEGER NOT NULL, version_to INTEGER NOT NULL, not_before INTEGER NOT NULL,
          not_after INTEGER NOT NULL, signed BLOB NOT NULL, PRIMARY KEY (version_from, version_to)
          """),
      ],
      // When the first record of the service came; 0 for those that were there before this column.
      [.statement("ALTER TABLE charged_service ADD COLUMN first_heard INTEGER NOT NULL DEFAULT 0")],
      // ISO 4217; XXX, no currency, for what was there before this column.
      [.statement("ALTER TABLE charged_service ADD COLUMN currency TEXT NOT NULL DEFAULT 'XXX'")],
    ])
}
