import CPQ
import Foundation
import Store

/// One connection, in libpq's pipeline mode: what need not be waited for travels with the next statement. Each literal is
/// prepared once. One thread at a time uses it.
final class PostgreSQLConnection: Transaction {
  private let handle: OpaquePointer
  private var literals: [LiteralKey: [Prepared]] = [:]
  private var names = 0
  /// What was sent and whose results are not read yet.
  private var expected: [Expected] = []
  /// The first failure of a statement since the transaction or the savepoint began.
  private var failure: StoreError?
  /// Why the transaction cannot go on although another run of it may.
  private(set) var disruption: Disruption?
  /// Whether a transaction is open, or was when the connection broke.
  private(set) var isInTransaction = false

  /// A literal's address and length; the same text at two addresses is merely prepared twice.
  private struct LiteralKey: Hashable {
    let address: UInt
    let length: Int
  }

  /// A statement that the server knows, with the types of its parameters.
  fileprivate struct Prepared {
    let name: String
    let types: [Oid]
  }

  private enum Expected { case result, synchronisation }

  /// Opens a connection and refuses one on which a commit would not be durable.
  init(_ address: PostgreSQLAddress, limits: PostgreSQLStore.Limits) throws(StoreError) {
    var parameters = address.parameters
    let defaults = [
      "client_encoding": "UTF8", "application_name": "simurgh", "connect_timeout": "10",
      // A peer that vanished is noticed, also where no answer is waited for.
      "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "60000",
    ]
    parameters.merge(defaults) { given, _ in given }
    parameters["fallback_application_name"] = nil
    var keywords = parameters.keys.map { strdup($0) }
    var values = parameters.keys.map { strdup(parameters[$0] ?? "") }
    defer { for text in keywords + values { free(text) } }
    keywords.append(nil)
    values.append(nil)
    let handle = PQconnectdbParams(keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 0)
    guard let handle, PQstatus(handle) == CONNECTION_OK else {
      let reason = handle.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? "out of memory"
      PQfinish(handle)
      throw .unavailable("\(address): \(reason.oneLine)")
    }
    self.handle = handle
    simurgh_be_quiet(handle)
    try prepareSession(limits)
    guard PQenterPipelineMode(handle) == 1 else { throw .failed("libpq has no pipeline mode") }
  }

  deinit { PQfinish(handle) }

  // MARK: Statements

  func query(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> [Row] {
    let result = try run(sql, values)
    defer { PQclear(result) }
    do { return try Answer.rows(result) } catch {
      failure = error
      throw error
    }
  }

  @discardableResult func execute(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> Int {
    let result = try run(sql, values)
    defer { PQclear(result) }
    // A SELECT changes nothing, though its rows are counted.
    if String(cString: PQcmdStatus(result)).hasPrefix("SELECT") { return 0 }
    return Int(String(cString: PQcmdTuples(result))) ?? 0
  }

  /// Rows that another deliverer is claiming are passed over.
  var outboxCandidates: StaticString {
    """
    SELECT id, kind FROM outbox AS o WHERE given_up = 0 AND due <= $1 AND NOT EXISTS (
      SELECT 1 FROM outbox AS e WHERE e.session = o.session AND e.id < o.id AND e.given_up = 0)
    ORDER BY due, id LIMIT $2 FOR UPDATE OF o SKIP LOCKED
    """
  }

  /// Throws what a statement failed with, for a body that went on nevertheless.
  func check() throws(StoreError) { if let failure { throw failure } }

  private func run(_ sql: StaticString, _ values: [SQLValue]) throws(StoreError) -> OpaquePointer {
    try check()
    do throws(StoreError) {
      guard sql.hasPointerRepresentation else { throw .misuse("a statement is longer than one character") }
      let key = LiteralKey(address: UInt(bitPattern: sql.utf8Start), length: sql.utf8CodeUnitCount)
      let prepared: Prepared
      if let known = literals[key]?.first(where: { $0.accepts(values) }) {
        prepared = known
      } else {
        prepared = try prepare(sql, for: values)
        literals[key, default: []].append(prepared)
      }
      let parameters = try Parameters(values, types: prepared.types)
      let sent = parameters.withPointers { addresses, lengths, formats in
        PQsendQueryPrepared(handle, prepared.name, Int32(values.count), addresses, lengths, formats, 1)
      }
      try expect(sent)
      return try lastResult()
    } catch {
      if failure == nil { failure = error }
      throw error
    }
  }

  /// Has the server parse `sql`, and asks it for the types that it gave the parameters.
  private func prepare(_ sql: StaticString, for values: [SQLValue]) throws(StoreError) -> Prepared {
    names += 1
    let name = "s\(names)"
    let types = values.map(\.typeNumber)
    let sent = sql.withUTF8Buffer { text in
      text.withMemoryRebound(to: CChar.self) {
        PQsendPrepare(handle, name, $0.baseAddress, Int32(types.count), types)
      }
    }
    try expect(sent)
    try expect(PQsendDescribePrepared(handle, name))
    let description = try lastResult()
    defer { PQclear(description) }
    let count = Int(PQnparams(description))
    guard count == values.count else { throw .misuse("\(values.count) values for \(count) parameters") }
    return Prepared(name: name, types: (0..<count).map { PQparamtype(description, Int32($0)) })
  }

  // MARK: Transactions

  /// What a transaction is for.
  enum Purpose { case write, read, migration }

  /// Begins a transaction; the word travels with the first statement.
  func begin(_ purpose: Purpose) throws(StoreError) {
    (failure, disruption) = (nil, nil)
    isInTransaction = true
    switch purpose {
    case .write: try send("BEGIN ISOLATION LEVEL SERIALIZABLE")
    case .read: try send("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    // A later statement sees what was committed while an earlier one waited for its lock.
    case .migration: try send("BEGIN ISOLATION LEVEL READ COMMITTED")
    }
  }

  /// Begins a savepoint; the word travels with the next statement.
  func save() throws(StoreError) { try send("SAVEPOINT one") }

  /// Keeps what was done since the savepoint.
  func release() throws(StoreError) { try send("RELEASE SAVEPOINT one") }

  /// Undoes what was done since the savepoint.
  func rollBackToSavepoint() throws(StoreError) {
    try send("ROLLBACK TO SAVEPOINT one")
    PQclear(try lastResult())
    failure = nil
  }

  /// Commits, and waits until it is durable.
  func commit() throws(StoreError) {
    do throws(StoreError) {
      try send("COMMIT")
      let result = try lastResult()
      defer { PQclear(result) }
      isInTransaction = false
      // The server answers so to the commit of a transaction that has failed.
      if String(cString: PQcmdStatus(result)) == "ROLLBACK" { throw .failed("the transaction was undone") }
    } catch {
      if disruption == .lostConnection {
        disruption = nil
        isBroken = true
        throw .unknownOutcome
      }
      throw error
    }
  }

  /// Ends a transaction that changed nothing, without waiting for the answer.
  func endRead() throws(StoreError) {
    try send("COMMIT")
    isInTransaction = false
    guard PQpipelineSync(handle) == 1 else { throw broken() }
    expected.append(.synchronisation)
  }

  /// Undoes the transaction.
  func rollBack() throws(StoreError) {
    try send("ROLLBACK")
    PQclear(try lastResult())
    isInTransaction = false
    failure = nil
  }

  /// Whether the connection can be used no more.
  private(set) var isBroken = false

  // MARK: The pipeline

  /// Queues a statement without values whose result nobody waits for.
  private func send(_ sql: StaticString) throws(StoreError) {
    let sent = sql.withUTF8Buffer { text in
      text.withMemoryRebound(to: CChar.self) { PQsendQueryParams(handle, $0.baseAddress, 0, nil, nil, nil, nil, 1) }
    }
    try expect(sent)
  }

  private func expect(_ sent: Int32) throws(StoreError) {
    guard sent == 1 else { throw broken() }
    expected.append(.result)
  }

  /// Sends all that is queued and returns the last result; the caller clears it. The first failure of all is thrown.
  private func lastResult() throws(StoreError) -> OpaquePointer {
    guard PQpipelineSync(handle) == 1 else { throw broken() }
    expected.append(.synchronisation)
    var last: OpaquePointer?
    var problem: PostgreSQLFailure?
    for item in expected {
      guard let result = PQgetResult(handle) else {
        PQclear(last)
        throw broken()
      }
      switch (PQresultStatus(result), item) {
      case (PGRES_PIPELINE_SYNC, .synchronisation):
        PQclear(result)
        continue
      case (PGRES_COMMAND_OK, .result), (PGRES_TUPLES_OK, .result):
        PQclear(last)
        last = result
      case (PGRES_PIPELINE_ABORTED, .result): PQclear(result)
      default:
        if problem == nil { problem = PostgreSQLFailure(result) }
        PQclear(result)
        if PQstatus(handle) == CONNECTION_BAD {
          PQclear(last)
          throw broken(problem)
        }
      }
      // Each statement's results end in nil.
      while item == .result, let surplus = PQgetResult(handle) { PQclear(surplus) }
    }
    expected.removeAll(keepingCapacity: true)
    if let problem {
      PQclear(last)
      if disruption == nil { disruption = problem.disruption }
      if problem.disruption == .lostConnection { isBroken = true }
      throw problem.error
    }
    guard let last else { throw broken() }
    return last
  }

  /// The connection is lost, for the reason that the server gave or libpq knows.
  private func broken(_ problem: PostgreSQLFailure? = nil) -> StoreError {
    isBroken = true
    disruption = .lostConnection
    if case .unavailable? = problem?.error, let error = problem?.error { return error }
    return .unavailable(String(cString: PQerrorMessage(handle)).oneLine)
  }
}

extension PostgreSQLConnection {
  /// Sets what a session of ours relies on, and looks at what the server promises.
  fileprivate func prepareSession(_ limits: PostgreSQLStore.Limits) throws(StoreError) {
    let milliseconds = { (duration: Duration) in max(1, duration / .milliseconds(1)).rounded(.up) }
    let settings = [
      "SET statement_timeout = \(Int(milliseconds(limits.statement)))",
      "SET lock_timeout = \(Int(milliseconds(limits.lock)))",
      "SET idle_in_transaction_session_timeout = \(Int(milliseconds(limits.idleInTransaction)))",
      // A whole table's predicate lock would make conflicts of transactions that have nothing in common.
      "SET enable_seqscan = off", "SET client_min_messages = warning",
    ]
    for sql in settings { _ = try simple(sql) }
    let wanted: [(setting: String, values: Set<String>, why: String)] = [
      ("server_encoding", ["UTF8"], "texts could not be stored as they are; create the database with ENCODING 'UTF8'"),
      (
        "synchronous_commit", ["on", "remote_apply"],
        "a crash could lose what was acknowledged; ALTER ROLE or ALTER DATABASE … SET synchronous_commit = on"
      ),
      ("fsync", ["on"], "a power cut could destroy everything; set fsync = on in postgresql.conf"),
      ("full_page_writes", ["on"], "a power cut could tear pages; set full_page_writes = on in postgresql.conf"),
    ]
    for (setting, values, why) in wanted {
      let value = try simple("SHOW \(setting)") ?? ""
      guard values.contains(value) else { throw .misuse("the database has \(setting) = \(value): \(why)") }
    }
    guard PQserverVersion(handle) >= 130_000 else {
      throw .misuse("the database is PostgreSQL \(PQserverVersion(handle) / 10_000); 13 or later is needed")
    }
  }

  /// Runs statements that are no literals, one value back at most: before the pipeline begins, and in migrations.
  private func simple(_ sql: String) throws(StoreError) -> String? {
    guard let result = PQexec(handle, sql) else { throw broken() }
    defer { PQclear(result) }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK: return nil
    case PGRES_TUPLES_OK: return PQntuples(result) > 0 ? String(cString: PQgetvalue(result, 0, 0)) : nil
    default: throw PostgreSQLFailure(result).error
    }
  }

  /// Runs a change of a schema inside the transaction.
  func change(_ sql: String) throws(StoreError) {
    try check()
    do {
      try expect(PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1))
      PQclear(try lastResult())
    } catch {
      failure = error
      throw error
    }
  }
}

extension PostgreSQLConnection.Prepared {
  /// Whether the values are of the parameters' types.
  fileprivate func accepts(_ values: [SQLValue]) -> Bool {
    values.count == types.count
      && zip(values, types).allSatisfy { value, type in
        switch value {
        case .null: true
        case .integer: [TypeNumber.int8, TypeNumber.int4, TypeNumber.int2].contains(type)
        case .text: type == TypeNumber.text || type == TypeNumber.varchar
        case .blob: type == TypeNumber.bytea
        }
      }
  }
}

extension SQLValue {
  /// The type with which a statement is prepared for the value; null leaves it to the server.
  fileprivate var typeNumber: Oid {
    switch self {
    case .null: TypeNumber.unknown
    case .integer: TypeNumber.int8
    case .text: TypeNumber.text
    case .blob: TypeNumber.bytea
    }
  }
}
