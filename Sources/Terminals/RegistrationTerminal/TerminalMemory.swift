import Bytes
import HandsetRegistration
import Identifiers
import SecureMessages
import Store

/// What a registration terminal keeps without power (Fig. 26): the ID write flags, and receipts on their way.
struct TerminalMemory {
  static let schema = Schema(
    owner: "registration-terminal",
    versions: [
      [
        .table("terminal_flag", "carrier TEXT PRIMARY KEY"),
        .table("terminal_receipt", "receipt BLOB PRIMARY KEY, carrier TEXT NOT NULL"),
      ]
    ])

  private let store: any Store

  init(_ store: any Store) throws {
    self.store = store
    try store.migrate([Self.schema])
  }

  /// The ID write flag: whether the carrier's module has ID_A.
  func isWritten(_ carrier: Party) throws -> Bool {
    try store.read { try $0.first("SELECT 1 FROM terminal_flag WHERE carrier = $1", carrier.name) } != nil
  }

  func setWritten(_ carrier: Party) throws {
    _ = try store.transaction { transaction in
      try transaction.execute(
        "INSERT INTO terminal_flag (carrier) VALUES ($1) ON CONFLICT (carrier) DO NOTHING", carrier.name)
    }
  }

  /// The receipts that a carrier may not have yet.
  func receipts(for carrier: Party) throws -> [Signed<WriteReceipt>] {
    try store.read { try $0.query("SELECT receipt FROM terminal_receipt WHERE carrier = $1", carrier.name) }
      .compactMap { try? Signed<WriteReceipt>(encoded: $0(0, as: [UInt8].self)) }
  }

  func keep(_ receipt: Signed<WriteReceipt>, for carrier: Party) throws {
    _ = try store.transaction { transaction in
      try transaction.execute(
        "INSERT INTO terminal_receipt (receipt, carrier) VALUES ($1, $2) ON CONFLICT (receipt) DO NOTHING",
        receipt.encoded, carrier.name)
    }
  }

  func forget(_ receipt: Signed<WriteReceipt>) throws {
    _ = try store.transaction {
      try $0.execute("DELETE FROM terminal_receipt WHERE receipt = $1", receipt.encoded)
    }
  }
}
