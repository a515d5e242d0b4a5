import Bytes
import CSQLite
import Store

/// One connection to a database: prepares each statement once and keeps it. Whoever holds its lock uses it.
final class SQLiteConnection: Transaction {
  private let handle: OpaquePointer
  private var literals: [LiteralKey: SQLiteStatement] = [:]
  /// The first failure of a statement since the transaction or the savepoint began.
  private var failure: StoreError?

  /// A literal's address and length; the same text at two addresses is merely prepared twice.
  private struct LiteralKey: Hashable {
    let address: UInt
    let length: Int
  }

  init(path: String, flags: Int32) throws(StoreError) {
    var handle: OpaquePointer?
    let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard let handle, code == SQLITE_OK else {
      let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw .failed("\(path) cannot be opened: \(reason)")
    }
    self.handle = handle
    sqlite3_busy_timeout(handle, 5000)
    // Nothing but this program's literals runs here; a tampered file may still hold triggers and views.
    _ = simurgh_allow_load_extension(handle, 0)
    // A plan depends on the statement alone: else one that a partial index might serve is compiled anew for each value.
    _ = simurgh_keep_plans(handle, 1)
  }

  deinit {
    for statement in literals.values { statement.finalize() }
    sqlite3_close_v2(handle)
  }

  // MARK: Statements

  func query(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> [Row] {
    var rows: [Row] = []
    try run(sql, values) { rows.append($0.row()) }
    return rows
  }

  @discardableResult func execute(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> Int {
    try run(sql, values) { _ in }
  }

  /// Returns how many rows were changed.
  @discardableResult private func run(
    _ sql: StaticString, _ values: [SQLValue], _ row: (SQLiteStatement) -> Void
  ) throws(StoreError) -> Int {
    try check()
    do {
      let statement = try prepared(sql)
      defer { statement.reset() }
      try statement.bind(values)
      while try statement.step() { row(statement) }
      // sqlite3_changes keeps the last number where a statement changes nothing of its own kind.
      return statement.isReadOnly ? 0 : Int(sqlite3_changes64(handle))
    } catch {
      failure = error
      throw error
    }
  }

  /// Throws what a statement failed with, for a body that went on nevertheless.
  func check() throws(StoreError) { if let failure { throw failure } }

  /// Begins a transaction.
  func begin(_ sql: StaticString = "BEGIN IMMEDIATE") throws(StoreError) {
    failure = nil
    try control(sql)
  }

  /// Undoes what happened since the savepoint `one`.
  func rollBackToSavepoint() throws(StoreError) {
    failure = nil
    try control("ROLLBACK TO one")
  }

  /// Undoes the transaction. Where that fails, SQLite has done so by itself already.
  func rollBack() {
    if sqlite3_get_autocommit(handle) == 0 { try? control("ROLLBACK") }
    failure = nil
  }

  /// Runs a statement about the transaction itself.
  func control(_ sql: StaticString) throws(StoreError) {
    let statement = try prepared(sql)
    defer { statement.reset() }
    _ = try statement.step()
  }

  /// Statements that are no literals: schemas and settings.
  func run(_ sql: String) throws(StoreError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw SQLiteStatement.error(code, handle) }
  }

  private func prepared(_ sql: StaticString) throws(StoreError) -> SQLiteStatement {
    guard sql.hasPointerRepresentation else { throw .misuse("a statement is longer than one character") }
    let key = LiteralKey(address: UInt(bitPattern: sql.utf8Start), length: sql.utf8CodeUnitCount)
    if let statement = literals[key] { return statement }
    let statement = try SQLiteStatement(
      UnsafeBufferPointer(start: sql.utf8Start, count: sql.utf8CodeUnitCount), in: handle)
    literals[key] = statement
    return statement
  }
}

/// A prepared statement.
struct SQLiteStatement {
  private let handle: OpaquePointer
  private let database: OpaquePointer
  /// Which `$n` stands at each of SQLite's own indices, which it counts by first appearance.
  private let numbers: [Int]
  /// How many values it takes.
  private let valueCount: Int
  private let columns: Int32

  init(_ sql: UnsafeBufferPointer<UInt8>, in database: OpaquePointer) throws(StoreError) {
    var handle: OpaquePointer?
    var tail: UnsafePointer<CChar>?
    let code = sql.withMemoryRebound(to: CChar.self) {
      sqlite3_prepare_v3(
        database, $0.baseAddress, Int32($0.count), UInt32(SQLITE_PREPARE_PERSISTENT), &handle, &tail)
    }
    guard code == SQLITE_OK, let handle else { throw Self.error(code, database) }
    var numbers: [Int] = []
    for index in 0..<sqlite3_bind_parameter_count(handle) {
      let name = sqlite3_bind_parameter_name(handle, index + 1).map { String(cString: $0) } ?? ""
      guard name.first == "$", let number = Int(name.dropFirst()), number > 0 else {
        sqlite3_finalize(handle)
        throw .misuse("parameters are written $1, $2, …, not \(name)")
      }
      numbers.append(number)
    }
    (self.handle, self.database, self.numbers) = (handle, database, numbers)
    valueCount = numbers.max() ?? 0
    columns = sqlite3_column_count(handle)
  }

  var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

  func bind(_ values: [SQLValue]) throws(StoreError) {
    guard values.count == valueCount else { throw .misuse("\(values.count) values for \(valueCount) parameters") }
    for (index, number) in numbers.enumerated() {
      let place = Int32(index + 1)
      let code =
        switch values[number - 1] {
        case .null: sqlite3_bind_null(handle, place)
        case .integer(let value): sqlite3_bind_int64(handle, place, value)
        case .text(let text) where text.utf8.contains(0): throw .constraint("a text holds U+0000")
        case .text(var text):
          text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
              simurgh_bind_text(handle, place, $0.baseAddress ?? emptyText, UInt64($0.count))
            }
          }
        case .blob(let bytes):
          bytes.withUnsafeBytes { simurgh_bind_blob(handle, place, $0.baseAddress, UInt64($0.count)) }
        }
      if code != SQLITE_OK { throw Self.error(code, database) }
    }
  }

  /// Moves to the next row; false at the end.
  func step() throws(StoreError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw Self.error(code, database)
    }
  }

  func row() -> Row {
    Row(
      (0..<columns).map { column in
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_TEXT:
          let text = sqlite3_column_text(handle, column)
          let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(handle, column)))
          return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
          let blob = sqlite3_column_blob(handle, column)
          return .blob([UInt8](UnsafeRawBufferPointer(start: blob, count: Int(sqlite3_column_bytes(handle, column)))))
        default: return .null
        }
      })
  }

  /// Makes the statement ready for its next run and lets go of what was bound: it may be a secret.
  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  func finalize() { sqlite3_finalize(handle) }

  /// The failure that `database` reported last.
  static func error(_ code: Int32, _ database: OpaquePointer) -> StoreError {
    let message = String(cString: sqlite3_errmsg(database))
    // "UNIQUE constraint failed: profile.iccid"
    let detail = message.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? message
    return switch code {
    case SQLITE_CONSTRAINT | 8 << 8, SQLITE_CONSTRAINT | 6 << 8, SQLITE_CONSTRAINT | 10 << 8: .duplicate(detail)
    case _ where code & 0xFF == SQLITE_CONSTRAINT: .constraint(message)
    case _ where code & 0xFF == SQLITE_BUSY || code & 0xFF == SQLITE_LOCKED: .busy
    case _ where code & 0xFF == SQLITE_FULL: .full
    default: .failed(message)
    }
  }
}

/// What an empty text points at: a null pointer would bind NULL.
nonisolated(unsafe) private let emptyText = UnsafePointer(UnsafeMutablePointer<CChar>.allocate(capacity: 1))
