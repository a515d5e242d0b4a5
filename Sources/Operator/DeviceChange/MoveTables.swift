import Store

/// The tables of moves.
public enum MoveTables {
  public static let schema = Schema(
    owner: "device-change",
    versions: [
      [
        .table(
          "profile_move",
          """
          id TEXT PRIMARY KEY, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), iccid TEXT NOT NULL,
          imsi TEXT NOT NULL, old_eid TEXT NOT NULL, new_eid TEXT NOT NULL, at_hand INTEGER NOT NULL,
          secret BLOB NOT NULL, since INTEGER NOT NULL, expiry INTEGER NOT NULL,
          code_tries INTEGER NOT NULL DEFAULT 0, person_at INTEGER, old_consent INTEGER, new_consent INTEGER,
          risk INTEGER, quiet_until INTEGER, approval INTEGER, approver TEXT, new_iccid TEXT UNIQUE,
          activation_code TEXT, installed_at INTEGER, disabled_at INTEGER, committed_at INTEGER,
          deleted_at INTEGER, ending TEXT,
          CHECK (old_eid <> new_eid), CHECK ((new_iccid IS NULL) = (activation_code IS NULL)),
          CHECK ((state = 2) = (committed_at IS NOT NULL)), CHECK (state NOT IN (3, 4) OR ending IS NOT NULL)
          """),
        // Two requests for one profile are one move.
        .index("profile_move_open", on: "profile_move (imsi) WHERE state = 1", unique: true),
        .index("profile_move_imsi", on: "profile_move (imsi, since)"),
      ],
      // Where profiles were seen, and alarms about what cannot be in two places.
      [
        .table(
          "profile_body",
          "iccid TEXT PRIMARY KEY, imsi TEXT NOT NULL, eid TEXT NOT NULL, place TEXT NOT NULL, at INTEGER NOT NULL"),
        .table(
          "clone_alarm",
          """
          id TEXT PRIMARY KEY, imsi TEXT NOT NULL, kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
          before TEXT NOT NULL, after TEXT NOT NULL, since INTEGER NOT NULL, last INTEGER NOT NULL,
          count INTEGER NOT NULL, barred INTEGER NOT NULL DEFAULT 0, decided_by TEXT, decision TEXT
          """),
        .index("clone_alarm_open", on: "clone_alarm (imsi, kind) WHERE decided_by IS NULL", unique: true),
      ],
      // What a move takes along; the backup itself goes when the move is over.
      [
        .table(
          "move_backup",
          """
          move TEXT PRIMARY KEY, parts INTEGER NOT NULL, request BLOB, until INTEGER, answer BLOB, left_out TEXT,
          CHECK ((request IS NULL) = (until IS NULL))
          """),
        // Other keys, because there seems to be a copy.
        .table(
          "key_renewal",
          """
          id TEXT PRIMARY KEY, alarm TEXT NOT NULL UNIQUE, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
          imsi TEXT NOT NULL, iccid TEXT NOT NULL, eid TEXT NOT NULL, secret BLOB NOT NULL, since INTEGER NOT NULL,
          expiry INTEGER NOT NULL, new_iccid TEXT UNIQUE, activation_code TEXT, committed_at INTEGER, ending TEXT,
          CHECK ((state = 2) = (committed_at IS NOT NULL))
          """),
        .index("key_renewal_open", on: "key_renewal (imsi) WHERE state = 1", unique: true),
      ],
      // Who asked from outside: SHA-256 of a word that nobody else knows.
      [
        .statement("ALTER TABLE profile_move ADD COLUMN asker BLOB")
      ],
      // Keys in the subscribers' devices.
      [.table("person_key", "imsi TEXT PRIMARY KEY, point BLOB NOT NULL, since INTEGER NOT NULL")],
    ])
}
