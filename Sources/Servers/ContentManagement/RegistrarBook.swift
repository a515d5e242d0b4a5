import Bytes
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

/// What both registrars do: register parties under names that were approved, and publish who and what is revoked.
public struct RegistrarBook: Sendable {
  public static let schema = Schema(
    owner: "registrar",
    versions: [
      [
        .table(
          "registered_party",
          "name TEXT PRIMARY KEY, key BLOB, domain BLOB UNIQUE, statement BLOB, revoked INTEGER NOT NULL"),
        .table("list_reader", "name TEXT PRIMARY KEY"),
        .table("revoked_data", "load_file BLOB PRIMARY KEY, version INTEGER NOT NULL"),
      ],
      [.statement("ALTER TABLE registered_party ADD COLUMN renewal INTEGER NOT NULL DEFAULT 0")],
    ])
  /// How long a registration holds.
  public static let registrationTerm: Duration = .seconds(2 * 365 * 86_400)
  /// How long a list holds.
  public static let listTerm: Duration = .seconds(30 * 86_400)

  public let store: any Store
  public let holder: KeyHolder

  /// The book of `holder` in `store`, whose tables it brings up to date.
  public init(store: any Store, holder: KeyHolder) throws {
    (self.store, self.holder) = (store, holder)
    try store.migrate([EventRecord.schema, Outbox.schema, ContentBook.schema, Self.schema])
  }

  /// A party was found worthy of registration under this name: its application will be granted.
  public func approve(_ party: Party) throws {
    _ = try store.transaction {
      try $0.execute(
        "INSERT INTO registered_party (name, revoked) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING", party.name)
    }
  }

  /// Registers whoever applies with the proof of its key, once under each name: `state` makes the statement that is
  /// answered, from the key and its term. The same application gets the same statement, and a new one when the time of
  /// the former is half over.
  public func register(
    _ request: AgreementRequest, needsDomain: Bool,
    state: (KnownParty, AID?, Term) throws -> [UInt8]
  ) throws -> [UInt8] {
    let application: Signed<RegistrationApplication> = try request.message()
    let (party, claimed) = (application.claimedSender, application.claimedBody)
    _ = try application.verified(from: KnownParty(party, key: claimed.key), to: holder.party, at: request.now)
    guard (claimed.domain != nil) == needsDomain else { throw AgreementRefusal.malformed }
    return try store.transaction { transaction in
      guard
        let row = try transaction.first(
          "SELECT key, domain, statement, revoked, renewal FROM registered_party WHERE name = $1", party.name)
      else { throw AgreementRefusal.notAuthentic }
      guard try !row(3, as: Bool.self) else { throw AgreementRefusal.revoked }
      if let key: [UInt8] = try row(0), let statement: [UInt8] = try row(2) {
        let domain: [UInt8]? = try row(1)
        guard key == claimed.key.point, domain == claimed.domain?.bytes else { throw AgreementRefusal.nameTaken }
        guard try request.now >= row(4) else { return statement }
      }
      if let domain = claimed.domain {
        let holder = try transaction.first(
          "SELECT 1 FROM registered_party WHERE domain = $1 AND name <> $2", domain.bytes, party.name)
        guard holder == nil else { throw AgreementRefusal.nameTaken }
      }
      let term = Term(
        serial: try ContentBook.nextSerial("registration", in: transaction), notBefore: request.now,
        notAfter: request.now + Self.registrationTerm)
      let statement = try state(KnownParty(party, key: claimed.key), claimed.domain, term)
      try transaction.executeOne(
        "UPDATE registered_party SET key = $2, domain = $3, statement = $4, renewal = $5 WHERE name = $1", party.name,
        claimed.key.point, claimed.domain?.bytes, statement, request.now + Self.registrationTerm / 2)
      try sendList(to: party, now: request.now, in: transaction)
      try EventRecord.append(
        Event(
          at: request.now, party: holder.party.name, peer: party.name, kind: .changed, name: "registered",
          correlation: party.name, body: .text("serial \(term.serial)")), in: transaction)
      return statement
    }
  }

  /// Revokes a party, and tells everybody who is registered.
  public func revoke(_ party: Party, now: Instant) throws {
    try store.transaction { transaction in
      try transaction.execute(
        """
        INSERT INTO registered_party (name, revoked) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET revoked = 1
        """, party.name)
      try publish(now: now, in: transaction)
    }
  }

  /// Revokes data up to a version, and tells everybody who is registered.
  public func revoke(_ data: RevocationList.RevokedData, now: Instant) throws {
    try store.transaction { transaction in
      try transaction.execute(
        """
        INSERT INTO revoked_data (load_file, version) VALUES ($1, $2)
        ON CONFLICT (load_file) DO UPDATE SET version = excluded.version WHERE revoked_data.version < excluded.version
        """, data.loadFile.bytes, Int(data.through))
      try publish(now: now, in: transaction)
    }
  }

  /// Tells `party` too who is revoked, from now on: one that somebody else registered.
  public func subscribe(_ party: Party, now: Instant) throws {
    try store.transaction { transaction in
      try transaction.execute("INSERT INTO list_reader (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", party.name)
      try sendList(to: party, now: now, in: transaction)
    }
  }

  private func sendList(to party: Party, now: Instant, in transaction: any Transaction) throws {
    guard let list = try Revocations.list(of: holder.party, in: transaction) else { return }
    try Parcels.put(list.encoded, to: party, now: now, in: transaction)
  }

  /// Delivers what waits for others; how many messages were taken. A list whose time is half over is published anew:
  /// nobody takes one that is over, and what is revoked stays revoked.
  @discardableResult public func deliver(over peers: any Peers, now: Instant) throws -> Int {
    try store.transaction { transaction in
      guard let term = try Revocations.list(of: holder.party, in: transaction)?.claimedTerm,
        term.notBefore + Self.listTerm / 2 < now
      else { return }
      try publish(now: now, in: transaction)
    }
    return try Parcels.deliver(from: store, over: peers, party: holder.party.name, now: now)
  }

  /// The list in force; nil where nothing was ever revoked.
  public func list() throws -> Signed<RevocationList>? {
    try store.read { try Revocations.list(of: holder.party, in: $0) }
  }

  /// Who is registered, and whether it is revoked.
  public func parties() throws -> [(name: String, isRegistered: Bool, isRevoked: Bool)] {
    try store.read { reader in
      try reader.query("SELECT name, key, revoked FROM registered_party ORDER BY name").map { row in
        let key: [UInt8]? = try row(1)
        return (try row(0), key != nil, try row(2))
      }
    }
  }

  private func publish(now: Instant, in transaction: any Transaction) throws {
    var list = RevocationList()
    list.parties = try transaction.query("SELECT name FROM registered_party WHERE revoked = 1 ORDER BY name")
      .map { try Party($0(0)) }
    list.data = try transaction.query("SELECT load_file, version FROM revoked_data ORDER BY load_file").map {
      try .init(AID($0(0, as: [UInt8].self)), through: UInt16(truncatingIfNeeded: try $0(1, as: Int.self)))
    }
    let term = Term(
      serial: try ContentBook.nextSerial("list", in: transaction), notBefore: now, notAfter: now + Self.listTerm)
    let signed = try Signed(list, by: holder, term: term)
    try Revocations.keep(signed, in: transaction)
    for row in try transaction.query(
      "SELECT name FROM registered_party WHERE key IS NOT NULL UNION SELECT name FROM list_reader ORDER BY name")
    {
      try Parcels.put(signed.encoded, to: Party(row(0)), now: now, in: transaction)
    }
  }
}
