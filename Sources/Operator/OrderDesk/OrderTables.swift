import Store

/// The tables of the order desk.
public enum OrderTables {
  public static let schema = Schema(
    owner: "order-desk",
    versions: [
      [
        .table(
          "bulk_order",
          """
          id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, total INTEGER NOT NULL,
          taken INTEGER NOT NULL CHECK (taken BETWEEN 0 AND total), failed INTEGER NOT NULL, since INTEGER NOT NULL
          """),
        .table(
          "bulk_error",
          """
          bulk INTEGER NOT NULL REFERENCES bulk_order (id), number INTEGER NOT NULL, reason TEXT NOT NULL,
          PRIMARY KEY (bulk, number)
          """),
        .table(
          "esim_order",
          """
          id TEXT PRIMARY KEY, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 7), reference TEXT UNIQUE,
          subscription INTEGER, profile_type TEXT NOT NULL, wanted_iccid TEXT, wanted_eid TEXT, smds TEXT,
          confirmation BLOB, replaces TEXT REFERENCES esim_order (id), bulk INTEGER REFERENCES bulk_order (id),
          since INTEGER NOT NULL, iccid TEXT, imsi TEXT, matching_id TEXT, smdp_address TEXT, eid TEXT,
          point INTEGER, point_failure TEXT, point_at INTEGER, installed_at INTEGER, former_iccid TEXT,
          former_imsi TEXT, ending TEXT,
          CHECK ((iccid IS NULL) = (imsi IS NULL)), CHECK ((former_iccid IS NULL) = (former_imsi IS NULL)),
          CHECK (state NOT IN (2, 3, 4) OR matching_id IS NOT NULL), CHECK (state NOT IN (3, 4) OR installed_at IS NOT NULL)
          """),
        // A profile is ordered by one order at a time.
        .index(
          "esim_order_iccid", on: "esim_order (iccid) WHERE state IN (1, 2, 3, 4) AND iccid IS NOT NULL", unique: true),
        .index("esim_order_replaces", on: "esim_order (replaces) WHERE replaces IS NOT NULL"),
        .index("esim_order_bulk", on: "esim_order (bulk, state) WHERE bulk IS NOT NULL"),
      ],
      // Several SM-DP+, and installations that failed for good.
      [
        .statement("ALTER TABLE esim_order ADD COLUMN server TEXT"),
        .statement("ALTER TABLE esim_order ADD COLUMN failure TEXT"),
        .statement(
          "ALTER TABLE esim_order ADD COLUMN is_spoiled INTEGER NOT NULL DEFAULT 0 CHECK (is_spoiled IN (0, 1))"),
        .index("esim_order_subscription", on: "esim_order (subscription) WHERE subscription IS NOT NULL"),
        .table(
          "subscription_change",
          """
          id TEXT PRIMARY KEY, subscription INTEGER NOT NULL, kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
          state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3), since INTEGER NOT NULL, ending TEXT
          """),
        // A subscription is changed by one change at a time.
        .index(
          "subscription_change_open", on: "subscription_change (subscription) WHERE state = 1", unique: true),
      ],
    ])
}
