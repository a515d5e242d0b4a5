import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store
import TLV

/// The carrier's books of registration terminals, their permits, and the passwords of lots.
public enum TerminalTables {
  public static let schema = Schema(
    owner: "carrier-registration-terminals",
    versions: [
      [
        .table(
          "carrier_terminal",
          """
          module BLOB PRIMARY KEY CHECK (length(module) = 8), dealer TEXT NOT NULL, key BLOB NOT NULL,
          model BLOB NOT NULL, pending BLOB, place BLOB, keys BLOB, withdrawn INTEGER NOT NULL
          """),
        .table(
          "carrier_permit",
          """
          name BLOB PRIMARY KEY, terminal BLOB NOT NULL, dealer TEXT NOT NULL, expiry INTEGER NOT NULL, course BLOB
          """),
        .index("carrier_permit_expiry", on: "carrier_permit (expiry)"),
        .table("carrier_lot", "number INTEGER PRIMARY KEY, password BLOB NOT NULL"),
      ]
    ])
}

/// A registration terminal in the carrier's books.
struct RegisteredTerminal {
  let module: ModuleNumber
  let dealer: String
  /// The module's key.
  let key: PublicKey
  /// KE_A, 65 bytes.
  let model: [UInt8]
  /// ID_A's keys, wrapped, and for which registration; nil before the first ID_A is in the module.
  private let keys: (place: RegistrationName, wrapped: [UInt8])?

  var known: KnownParty { KnownParty(.module(module), key: key) }

  /// The terminal with that module; nil where there is none, or it was taken off.
  static func find(_ module: ModuleNumber, in reader: any Reader) throws -> RegisteredTerminal? {
    try reader.first(
      "SELECT dealer, key, model, place, keys FROM carrier_terminal WHERE module = $1 AND withdrawn = 0",
      module.bytes
    ).map { row in
      let place: [UInt8]? = try row(3)
      let wrapped: [UInt8]? = try row(4)
      var keys: (RegistrationName, [UInt8])?
      if let wrapped, let name = place.flatMap({ RegistrationName($0) }) { keys = (name, wrapped) }
      return RegisteredTerminal(
        module: module, dealer: try row(0), key: try PublicKey(.p256, point: row(1, as: [UInt8].self)),
        model: try row(2), keys: keys)
    }
  }

  /// What ID_A's key makes of a challenge; nil where the terminal has no ID_A.
  func proof(for carrier: Party, answering challenge: Challenge, _ vault: KeyVault) throws -> [UInt8]? {
    guard let keys else { return nil }
    return try Course.keys(keys.wrapped, of: keys.place, vault).terminalProof(for: carrier, answering: challenge)
  }

  /// An ID_A is on its way to the terminal; of several the last one counts.
  static func await(_ course: Course, in transaction: any Transaction) throws {
    try transaction.execute(
      """
      INSERT INTO carrier_terminal (module, dealer, key, model, pending, withdrawn) VALUES ($1, $2, $3, $4, $5, 0)
      ON CONFLICT (module) DO UPDATE SET pending = excluded.pending
      """, course.module.bytes, course.dealer, course.moduleKey, course.terminalModel, course.name.bytes)
  }

  /// The terminal has its ID_A; false where another one was sent to it later.
  static func enter(_ course: Course, in transaction: any Transaction) throws -> Bool {
    try transaction.execute(
      """
      UPDATE carrier_terminal SET dealer = $2, key = $3, model = $4, keys = $5, place = $6, withdrawn = 0
      WHERE module = $1 AND pending = $6
      """, course.module.bytes, course.dealer, course.moduleKey, course.terminalModel, course.wrappedKeys,
      course.name.bytes) == 1
  }
}

extension Desk {
  /// The terminal with that module gets no permit any more, until it is registered again.
  public func withdraw(terminal module: ModuleNumber) throws {
    _ = try store.transaction { transaction in
      try transaction.execute("UPDATE carrier_terminal SET withdrawn = 1 WHERE module = $1", module.bytes)
      try transaction.execute("DELETE FROM carrier_permit WHERE terminal = $1", module.bytes)
    }
  }

  /// The dealer where the terminal with that module stands; nil where it is not registered, or was taken off.
  public func dealer(ofTerminal module: ModuleNumber) throws -> String? {
    try store.read { reader in
      try reader.first(
        "SELECT dealer FROM carrier_terminal WHERE module = $1 AND withdrawn = 0 AND keys IS NOT NULL", module.bytes
      ).map { try $0(0) }
    }
  }

  /// Enters PWD of a lot, for cards that get the carrier's key at a dealer.
  public func set(password: Secret, ofLot lot: Int, random: any RandomSource) throws {
    let wrapped = try vault.wrap(password, context: Self.place(ofLot: lot), random: random)
    try store.transaction { transaction in
      _ = try transaction.execute(
        """
        INSERT INTO carrier_lot (number, password) VALUES ($1, $2)
        ON CONFLICT (number) DO UPDATE SET password = excluded.password
        """, lot, wrapped)
    }
  }

  func password(ofLot lot: Int) throws -> Secret? {
    try store.read { try $0.first("SELECT password FROM carrier_lot WHERE number = $1", lot) }.map { row in
      try vault.unwrap(row(0), context: Self.place(ofLot: lot))
    }
  }

  static func place(ofLot lot: Int) -> String { "carrier terminal lot \(lot)" }
}
