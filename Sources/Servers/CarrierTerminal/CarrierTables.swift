import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store

/// The carrier's terminal's tables: its lists, the registrations under way, and who is registered.
public enum CarrierTables {
  public static let schema = Schema(
    owner: "carrier-terminal",
    versions: [
      [
        .table(
          "carrier_model",
          """
          serial INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE CHECK (length(key) = 65), name TEXT NOT NULL,
          not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, withdrawn INTEGER NOT NULL
          """),
        .table("carrier_maker", "name TEXT PRIMARY KEY, key BLOB NOT NULL CHECK (length(key) = 65)"),
        .table("carrier_dealer", "number TEXT PRIMARY KEY, name TEXT NOT NULL, barred INTEGER NOT NULL"),
        .table(
          "carrier_start",
          "dealer TEXT NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (dealer, hour)"),
        .table(
          "carrier_course",
          """
          name BLOB PRIMARY KEY, version INTEGER NOT NULL, state INTEGER NOT NULL, imsi TEXT, expiry INTEGER NOT NULL,
          content BLOB NOT NULL
          """),
        .index("carrier_course_expiry", on: "carrier_course (expiry)"),
        .index("carrier_course_imsi", on: "carrier_course (imsi)"),
        .table(
          "carrier_registration",
          """
          number TEXT PRIMARY KEY, imsi TEXT NOT NULL UNIQUE, account INTEGER NOT NULL, registration TEXT NOT NULL,
          module BLOB NOT NULL CHECK (length(module) = 8), card BLOB NOT NULL CHECK (length(card) = 32),
          services TEXT NOT NULL, since INTEGER NOT NULL
          """),
      ],
      // What a model is a model of; those that were there before are handsets.
      [.statement("ALTER TABLE carrier_model ADD COLUMN role INTEGER NOT NULL DEFAULT 1")],
      // SHA-256 of the certificate that a dealer shows in TLS; without one it reaches nobody.
      [
        .statement("ALTER TABLE carrier_dealer ADD COLUMN certificate BLOB"),
        .index("carrier_dealer_certificate", on: "carrier_dealer (certificate)", unique: true),
      ],
    ])
}

/// Why a model is not entered in the carrier's list.
public enum ModelListError: Error, Hashable, CustomStringConvertible {
  /// The key is on the list as one of a handset, and is to be one of a registration terminal, or the other way round.
  case otherRole

  public var description: String {
    "this key is on the list in the other role: a handset's model and a registration terminal's have keys of their own"
  }
}

/// Who is registered: one module for each number and IMSI.
public struct Registered: Sendable, Hashable {
  public let number: String
  public let imsi: IMSI
  let account: Int
  /// The registration that assigned the number.
  let registration: String
  /// The module that holds the ID.
  public let module: ModuleNumber
  /// A keyed digest of the credit card's number.
  let card: [UInt8]
  public let services: [String]

  static func find(_ number: String, in reader: any Reader) throws -> Registered? {
    try reader.first(
      "SELECT number, imsi, account, registration, module, card, services FROM carrier_registration WHERE number = $1",
      number
    ).map { row in
      guard let module = ModuleNumber(try row(4)) else { throw StoreError.unexpected("a module without a number") }
      let services: String = try row(6)
      return Registered(
        number: try row(0), imsi: try IMSI(row(1, as: String.self)), account: try row(2), registration: try row(3),
        module: module, card: try row(5), services: services.split(separator: "\n").map(String.init))
    }
  }

  /// Writes it over what was registered under the number.
  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute(
      """
      INSERT INTO carrier_registration (number, imsi, account, registration, module, card, services, since)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (number) DO UPDATE SET module = excluded.module, card = excluded.card, services = excluded.services,
        since = excluded.since
      """, number, imsi.digits, account, registration, module.bytes, card, services.joined(separator: "\n"), now)
  }
}

extension Desk {
  // MARK: The lists

  /// Registers a model of handset, with KE_MSN, or of registration terminal, with KE_A, that the carrier approves (Fig. 4
  /// (e), Fig. 22 (j), Fig. 27); a withdrawn one is approved again. A key has one role for good:
  /// ``ModelListError/otherRole`` where it is on the list in the other one.
  public func approve(
    model key: PublicKey, as role: ModelRole = .handset, name: String, from start: Instant, to end: Instant
  ) throws {
    let written = try store.transaction { transaction in
      try transaction.execute(
        """
        INSERT INTO carrier_model (key, name, not_before, not_after, withdrawn, role) VALUES ($1, $2, $3, $4, 0, $5)
        ON CONFLICT (key) DO UPDATE SET name = excluded.name, not_before = excluded.not_before,
          not_after = excluded.not_after, withdrawn = 0
        WHERE carrier_model.role = excluded.role
        """, key.point, name, start, end, role.rawValue)
    }
    guard written == 1 else { throw ModelListError.otherRole }
  }

  /// The model gets no ID any more.
  public func withdraw(model key: PublicKey) throws {
    _ = try store.transaction { try $0.execute("UPDATE carrier_model SET withdrawn = 1 WHERE key = $1", key.point) }
  }

  /// Enters a module maker, whose modules may get IDs.
  public func add(maker: KnownParty) throws {
    try store.transaction { transaction in
      _ = try transaction.execute(
        "INSERT INTO carrier_maker (name, key) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET key = excluded.key",
        maker.party.name, maker.key.point)
    }
  }

  /// Who has `number`; nil where nobody is registered under it.
  public func registered(_ number: String) throws -> Registered? {
    try store.read { try Registered.find(number, in: $0) }
  }

  /// The approval of a model for a role as it stands in the list; nil where it is not on it in this role, or was
  /// withdrawn.
  func approval(of key: PublicKey, as role: ModelRole, at now: Instant) throws -> Signed<ModelApproval>? {
    let row = try store.read { reader in
      try reader.first(
        """
        SELECT serial, not_before, not_after FROM carrier_model
        WHERE key = $1 AND role = $3 AND withdrawn = 0 AND not_before <= $2 AND not_after >= $2
        """, key.point, now, role.rawValue)
    }
    return try row.map { row in
      let term = Term(serial: try row(0), notBefore: try row(1), notAfter: try row(2))
      return try Signed(ModelApproval(key: key, role: role), by: settings.carrier, term: term)
    }
  }

  /// What the statement says, if a module maker on the list made it.
  func module(_ certificate: Signed<ModuleCertificate>, at now: Instant, in reader: any Reader) throws
    -> ModuleCertificate
  {
    let row = try reader.first("SELECT key FROM carrier_maker WHERE name = $1", certificate.claimedSender.name)
    guard let point: [UInt8] = try row?(0), let key = try? PublicKey(.p256, point: point),
      let body = try? certificate.verified(from: KnownParty(certificate.claimedSender, key: key), at: now)
    else { throw RegistrationRefusal.unknownModule }
    return body
  }
}
