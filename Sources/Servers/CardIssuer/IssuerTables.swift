import Store

/// The issuer's tables: every card that was made, and every version of the black list.
public enum IssuerTables {
  public static let schema = Schema(
    owner: "card-issuer",
    versions: [
      [
        // State: 0 being written, 1 issued, 2 barred. A number that was taken is never given again.
        .table(
          "issued_card",
          """
          card TEXT PRIMARY KEY, serial INTEGER NOT NULL UNIQUE, registration TEXT NOT NULL,
          state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2), expiry INTEGER NOT NULL, since INTEGER NOT NULL,
          replaces TEXT UNIQUE REFERENCES issued_card (card), listed INTEGER NOT NULL DEFAULT 0,
          CHECK (listed = 0 OR state = 2)
          """),
        .index("issued_card_registration", on: "issued_card (registration)"),
        .table(
          "certified_terminal",
          "terminal TEXT NOT NULL, serial INTEGER PRIMARY KEY, expiry INTEGER NOT NULL, since INTEGER NOT NULL"),
        .table("black_list_version", "version INTEGER PRIMARY KEY, at INTEGER NOT NULL"),
        // What was signed of a version: it may be asked for again.
        .table(
          "signed_black_list",
          """
          version INTEGER NOT NULL REFERENCES black_list_version (version), version_from INTEGER NOT NULL,
          signed BLOB NOT NULL, PRIMARY KEY (version, version_from)
          """),
      ],
      [
        // Installation codes that were given, by the challenge that names them; key and certificate once one was used.
        .table(
          "terminal_installation",
          """
          number INTEGER PRIMARY KEY, challenge BLOB NOT NULL UNIQUE, terminal TEXT NOT NULL, days INTEGER NOT NULL,
          expiry INTEGER NOT NULL, terminal_key BLOB, certificate BLOB,
          CHECK ((terminal_key IS NULL) = (certificate IS NULL))
          """)
      ],
    ])
}
