import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store
import TLV

/// The carrier's books of off-line batches (A5).
public enum BatchTables {
  public static let schema = Schema(
    owner: "carrier-batches",
    versions: [
      [
        .table(
          "carrier_batch",
          """
          number INTEGER PRIMARY KEY, dealer TEXT NOT NULL, key BLOB NOT NULL CHECK (length(key) = 65),
          not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, challenge BLOB
          """),
        .table(
          "carrier_batch_id",
          """
          name BLOB PRIMARY KEY, batch INTEGER NOT NULL, state INTEGER NOT NULL, keys BLOB NOT NULL, account INTEGER,
          number TEXT, imsi TEXT
          """),
        .index("carrier_batch_id_batch", on: "carrier_batch_id (batch)"),
      ]
    ])
}

/// A batch in the books.
struct Batch {
  let number: Int
  let dealer: String
  /// KE_B.
  let key: PublicKey
  let term: Term
  /// What the next report answers.
  let challenge: Challenge?

  static func find(_ number: Int, in reader: any Reader) throws -> Batch? {
    try reader.first(
      "SELECT dealer, key, not_before, not_after, challenge FROM carrier_batch WHERE number = $1", number
    ).map { row in
      let challenge: [UInt8]? = try row(4)
      return Batch(
        number: number, dealer: try row(0), key: try PublicKey(.p256, point: row(1, as: [UInt8].self)),
        term: Term(serial: number, notBefore: try row(2), notAfter: try row(3)),
        challenge: challenge.flatMap { Challenge($0) })
    }
  }
}

/// How far an ID of a batch is.
public enum BatchIDState: Int, Sendable, CaseIterable {
  /// It is made, or in the dealer's terminal.
  case supplied = 1
  /// It was signed for a module, whose receipt has not come.
  case used = 2
  /// It is a subscriber's.
  case confirmed = 3
  /// It came back unused, or came to nothing: its number is free again.
  case returned = 4
}

/// An ID of a batch in the books.
struct BatchID {
  let name: RegistrationName
  let wrappedKeys: [UInt8]
  var state: BatchIDState
  var account: Int?
  var number: String?
  var imsi: IMSI?

  /// Its name in other parties' books, and its change of keys.
  var text: String { "B-\(name)" }

  static func all(of batch: Int, in reader: any Reader) throws -> [BatchID] {
    try reader.query(
      "SELECT name, keys, state, account, number, imsi FROM carrier_batch_id WHERE batch = $1 ORDER BY name", batch
    ).map { row in
      guard let name = RegistrationName(try row(0)), let state = BatchIDState(rawValue: try row(2)) else {
        throw StoreError.unexpected("an ID of a batch without a name")
      }
      let imsi: String? = try row(5)
      return BatchID(
        name: name, wrappedKeys: try row(1), state: state, account: try row(3), number: try row(4),
        imsi: try imsi.map { try IMSI($0) })
    }
  }

  func save(in transaction: any Transaction) throws {
    try transaction.executeOne(
      "UPDATE carrier_batch_id SET state = $2, account = $3, number = $4, imsi = $5 WHERE name = $1", name.bytes,
      state.rawValue, account, number, imsi?.digits)
  }
}
