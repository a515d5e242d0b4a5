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
      ]
    ])

  /// A subscriber's record, its secrets still wrapped.
  struct Record {
    let imsi: IMSI
    let algorithm: Int
    let wrappedK: [UInt8]
    let wrappedOperatorSecret: [UInt8]?
    let parameters: [UInt8]
    let amf: [UInt8]
    let indexBits: Int
    let delta: Int64?
    /// SEQ_HE
    let seq: Int64

    init(_ row: Row, imsi: IMSI) throws(StoreError) {
      self.imsi = imsi
      (algorithm, wrappedK, wrappedOperatorSecret) = (try row(0), try row(1), try row(2))
      (parameters, amf, indexBits, delta, seq) = (try row(3), try row(4), try row(5), try row(6), try row(7))
    }

    /// The algorithm with the subscriber's key in it.
    func makeAlgorithm(_ vault: KeyVault) throws -> any AuthenticationAlgorithm {
      do {
        let places = Places(imsi)
        let secret = try wrappedOperatorSecret.map { wrapped throws(KeyError) in
          try vault.unwrap(wrapped, context: places.operatorSecret)
        }
        let stored = StoredAlgorithm(number: algorithm, operatorSecret: secret, parameters: parameters)
        guard let algorithm = stored.algorithm else { throw StoreError.unexpected("an algorithm nobody knows") }
        return try Credentials(k: vault.unwrap(wrappedK, context: places.k), algorithm: algorithm).makeAlgorithm()
      } catch let error as KeyError { throw AuCError.key(error) }
    }
  }

  /// Where the secrets of a subscriber belong: they open nowhere else.
  struct Places {
    let k, operatorSecret: String

    init(_ imsi: IMSI) {
      (k, operatorSecret) = ("auc_subscriber/\(imsi)/k", "auc_subscriber/\(imsi)/operator_secret")
    }
  }

  static func insert(
    _ subscriber: Subscriber, vault: KeyVault, random: any RandomSource, in transaction: any Transaction
  ) throws {
    let imsi = subscriber.imsi
    let wrapped = try WrappedCredentials(subscriber.credentials, imsi: imsi, vault: vault, random: random)
    let inserted = try transaction.execute(
      """
      INSERT INTO auc_subscriber (imsi, algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (imsi) DO NOTHING
      """,
      imsi.digits, wrapped.algorithm, wrapped.k, wrapped.operatorSecret, wrapped.parameters, subscriber.amf,
      subscriber.indexBits, subscriber.delta.map { Int64(clamping: $0) }, Int64(clamping: subscriber.seq))
    if inserted == 0 { throw AuCError.knownSubscriber(imsi) }
  }

  /// Credentials as the table holds them.
  struct WrappedCredentials {
    let algorithm: Int
    let k: [UInt8]
    let operatorSecret: [UInt8]?
    let parameters: [UInt8]

    init(_ credentials: Credentials, imsi: IMSI, vault: KeyVault, random: any RandomSource) throws {
      let stored = StoredAlgorithm(credentials.algorithm)
      let places = Places(imsi)
      (algorithm, parameters) = (stored.number, stored.parameters)
      do {
        k = try vault.wrap(credentials.k, context: places.k, random: random)
        operatorSecret = try stored.operatorSecret.map { secret throws(KeyError) in
          try vault.wrap(secret, context: places.operatorSecret, random: random)
        }
      } catch { throw AuCError.key(error) }
    }
  }

  /// The subscriber's record.
  static func record(of imsi: IMSI, in reader: any Reader) throws -> Record {
    let row = try reader.first(
      """
      SELECT algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq
      FROM auc_subscriber WHERE imsi = $1
      """, imsi.digits)
    guard let row else { throw AuCError.unknownSubscriber(imsi) }
    return try Record(row, imsi: imsi)
  }

  /// TS 33.102 §C.1.1.1: raises SEQ_HE by `count`, and returns the record with the new SEQ_HE.
  static func advance(_ imsi: IMSI, by count: Int, in transaction: any Transaction) throws -> Record {
    let row = try transaction.first(
      """
      UPDATE auc_subscriber SET seq = seq + $2 WHERE imsi = $1
      RETURNING algorithm, k, operator_secret, parameters, amf, index_bits, delta, seq
      """, imsi.digits, count)
    guard let row else { throw AuCError.unknownSubscriber(imsi) }
    let record = try Record(row, imsi: imsi)
    guard record.seq < 1 << (48 - Int64(record.indexBits)) else { throw AuCError.sequenceNumbersUsedUp(imsi) }
    return record
  }

  /// The number of a requesting node, counted from 0 in the order in which nodes first asked.
  static func number(of node: String, in transaction: any Transaction) throws -> Int {
    guard (1...255).contains(node.utf8.count) else { throw AuCError.wrongNodeName }
    if let row = try transaction.first("SELECT id FROM auc_node WHERE name = $1", node) { return try row(0) - 1 }
    guard let row = try transaction.first("INSERT INTO auc_node (name) VALUES ($1) RETURNING id", node) else {
      throw StoreError.unexpected("a new node without a number")
    }
    return try row(0) - 1
  }
}
