import Bytes
import Identifiers
import Keys
import Store

/// The authentication centre's tables. K and OPc or TOPc stand in them wrapped only.
public enum SubscriberTable {
  public static let schema = Schema(
    owner: "auc",
    versions: [
      [
        .table(
          "auc_subscriber",
          """
          imsi TEXT PRIMARY KEY, algorithm INTEGER NOT NULL CHECK (algorithm BETWEEN 1 AND 3), k BLOB NOT NULL,
          operator_secret BLOB, parameters BLOB NOT NULL, amf BLOB NOT NULL CHECK (length(amf) = 2),
          index_bits INTEGER NOT NULL CHECK (index_bits BETWEEN 0 AND 8), delta INTEGER,
          seq INTEGER NOT NULL CHECK (seq >= 0)
          """),
        .table("auc_node", "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE"),
      ],
      // Keys become rows of their own: a subscriber has one set active, at most one prepared, and those of former USIMs.
      [
        .table(
          "auc_key",
          """
          imsi TEXT NOT NULL, change TEXT NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
          algorithm INTEGER NOT NULL CHECK (algorithm BETWEEN 1 AND 3), k BLOB NOT NULL, operator_secret BLOB,
          parameters BLOB NOT NULL, amf BLOB NOT NULL CHECK (length(amf) = 2),
          index_bits INTEGER NOT NULL CHECK (index_bits BETWEEN 0 AND 8), delta INTEGER CHECK (delta >= 0),
          seq INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 281474976710655), clock_difference INTEGER,
          PRIMARY KEY (imsi, change)
          """),
        .statement(
          """
          INSERT INTO auc_key (imsi, change, state, algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq)
          SELECT imsi, 'initial', 2, algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq
          FROM auc_subscriber
          """),
        .statement("DROP TABLE auc_subscriber"),
        .index("auc_key_prepared", on: "auc_key (imsi) WHERE state = 1", unique: true),
        .index("auc_key_active", on: "auc_key (imsi) WHERE state = 2", unique: true),
        .table("auc_journal_key", "id INTEGER PRIMARY KEY CHECK (id = 1), wrapped BLOB NOT NULL"),
        .table("auc_seal", "event INTEGER PRIMARY KEY, mac BLOB NOT NULL CHECK (length(mac) = 32)"),
      ],
      StandingTable.version,
      ChangeCount.version,
      StandingTable.causes,
      USIMCounterTable.version,
    ])

  /// What becomes of a set of keys.
  public enum State: Int, Sendable, CaseIterable {
    /// Waits for commit or abandon; no vector is made with it.
    case prepared = 1
    /// Vectors are made with it.
    case active = 2
    /// Of a former USIM: kept so that its sequence numbers go on should it come back.
    case retired = 3
  }

  /// A set of keys, its secrets still wrapped.
  struct Record {
    let imsi: IMSI
    let change: String
    let state: State
    let algorithm: Int
    let wrappedK: [UInt8]
    let wrappedOperatorSecret: [UInt8]?
    let parameters: [UInt8]
    let amf: [UInt8]
    var counter: SequenceNumberCounter

    /// imsi, change, state, algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq, clock_difference
    init(_ row: Row) throws {
      imsi = try IMSI(row(0, as: String.self))
      change = try row(1)
      guard let state = State(rawValue: try row(2)) else { throw StoreError.unexpected("keys in no known state") }
      (self.state, algorithm, wrappedK, wrappedOperatorSecret) = (state, try row(3), try row(4), try row(5))
      (parameters, amf) = (try row(6), try row(7))
      counter = SequenceNumberCounter(
        indexBits: try row(8), delta: try row(9), seq: try row(10), clockDifference: try row(11))
    }

    /// What is wrapped in the record.
    func credentials(_ vault: KeyVault) throws -> Credentials {
      do {
        let places = Places(imsi)
        let secret = try wrappedOperatorSecret.map { wrapped throws(KeyError) in
          try vault.unwrap(wrapped, context: places.operatorSecret)
        }
        let stored = StoredAlgorithm(number: algorithm, operatorSecret: secret, parameters: parameters)
        guard let algorithm = stored.algorithm else { throw StoreError.unexpected("an algorithm nobody knows") }
        return try Credentials(k: vault.unwrap(wrappedK, context: places.k), algorithm: algorithm)
      } catch let error as KeyError { throw AuCError.key(error) }
    }

    /// The algorithm with the subscriber's key in it.
    func makeAlgorithm(_ vault: KeyVault) throws -> any AuthenticationAlgorithm {
      try credentials(vault).makeAlgorithm()
    }
  }

  /// Where the secrets of a subscriber belong: they open nowhere else.
  struct Places {
    let k, operatorSecret: String

    init(_ imsi: IMSI) {
      (k, operatorSecret) = ("auc_subscriber/\(imsi)/k", "auc_subscriber/\(imsi)/operator_secret")
    }
  }

  /// Enters keys; refuses where there are keys of this change already.
  static func insert(
    _ subscriber: Subscriber, change: ChangeID, state: State, vault: KeyVault, now: Instant,
    random: any RandomSource, in transaction: any Transaction
  ) throws {
    let (imsi, stored) = (subscriber.imsi, StoredAlgorithm(subscriber.credentials.algorithm))
    let (places, counter) = (Places(imsi), SequenceNumberCounter(subscriber, now: now))
    let k: [UInt8]
    let secret: [UInt8]?
    do {
      k = try vault.wrap(subscriber.credentials.k, context: places.k, random: random)
      secret = try stored.operatorSecret.map { secret throws(KeyError) in
        try vault.wrap(secret, context: places.operatorSecret, random: random)
      }
    } catch { throw AuCError.key(error) }
    let inserted = try transaction.execute(
      """
      INSERT INTO auc_key (imsi, change, state, algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq,
        clock_difference)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING
      """,
      imsi.digits, change.text, state.rawValue, stored.number, k, secret, stored.parameters, subscriber.amf,
      counter.indexBits, counter.delta, counter.seq, counter.clockDifference)
    if inserted == 0 { throw AuCError.knownSubscriber(imsi) }
  }

  /// All keys of a subscriber: at most one prepared, at most one active, the retired ones.
  static func records(of imsi: IMSI, in reader: any Reader) throws -> [Record] {
    try reader.query(
      """
      SELECT imsi, change, state, algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq,
        clock_difference
      FROM auc_key WHERE imsi = $1 ORDER BY state, change
      """, imsi.digits
    ).map { try Record($0) }
  }

  /// The keys that vectors are made with.
  static func active(_ imsi: IMSI, in reader: any Reader) throws -> Record {
    let row = try reader.first(
      """
      SELECT imsi, change, state, algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq,
        clock_difference
      FROM auc_key WHERE imsi = $1 AND state = 2
      """, imsi.digits)
    if let row { return try Record(row) }
    let isKnown = try reader.first("SELECT 1 FROM auc_key WHERE imsi = $1 LIMIT 1", imsi.digits) != nil
    throw isKnown ? AuCError.notActive(imsi) : AuCError.unknownSubscriber(imsi)
  }

  /// The keys that vectors are made with, of a subscriber whom the network may let in.
  static func admitted(_ imsi: IMSI, in reader: any Reader) throws -> Record {
    let record = try active(imsi, in: reader)
    switch try StandingTable.standing(of: imsi, in: reader) {
    case .active: return record
    case .barred: throw AuCError.barred(imsi)
    case .closed: throw AuCError.closed(imsi)
    }
  }

  /// Writes the counter of keys over the one that was read; a conflict where somebody else moved it meanwhile.
  static func save(
    _ counter: SequenceNumberCounter, of record: Record, in transaction: any Transaction
  ) throws(StoreError) {
    try transaction.executeOne(
      "UPDATE auc_key SET seq = $4, clock_difference = $5 WHERE imsi = $1 AND change = $2 AND seq = $3",
      record.imsi.digits, record.change, record.counter.seq, counter.seq, counter.clockDifference)
  }

  /// How many nodes get a number of their own; further ones share those of others.
  static let nodeLimit = 1024

  /// The number of a requesting node, counted from 0 in the order in which nodes first asked.
  static func number(of node: String, in transaction: any Transaction) throws -> Int {
    guard (1...255).contains(node.utf8.count) else { throw AuCError.wrongNodeName }
    if let row = try transaction.first("SELECT id FROM auc_node WHERE name = $1", node) { return try row(0) - 1 }
    // A number that counts up by itself may have gaps, and nodes whose numbers agree modulo the array's size share a place.
    let known = try transaction.first("SELECT COALESCE(max(id), 0) FROM auc_node").map { try $0(0, as: Int.self) } ?? 0
    guard known < nodeLimit else { return sha256(Array(node.utf8)).first.map(Int.init) ?? 0 }
    try transaction.execute("INSERT INTO auc_node (id, name) VALUES ($1, $2)", known + 1, node)
    return known
  }
}
