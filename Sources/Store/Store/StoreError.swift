/// Why the store did not do what it was asked.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Somebody else changed the record since it was read: read again, decide again.
  case conflict
  /// A record with the same key exists; the text names the columns.
  case duplicate(String)
  /// The record breaks a rule of its table; the text names the rule.
  case constraint(String)
  /// Another process keeps the database locked, or too many transactions wait.
  case busy
  /// The disk or the database is full.
  case full
  /// The database cannot be reached; the text names it and the reason. Nothing was changed.
  case unavailable(String)
  /// The connection broke during the commit: it may have taken effect or not. Look, or repeat what can be repeated.
  case unknownOutcome
  /// What was read is not of the expected type or number.
  case unexpected(String)
  /// A schema and the database do not fit each other.
  case schema(String)
  /// The store is closed, or a transaction was begun inside another.
  case misuse(String)
  /// Anything else, in the database's words.
  case failed(String)

  /// Whether the same request may succeed a little later. It may have taken effect already where the outcome is unknown,
  /// so only what can be repeated is to be repeated.
  public var isTemporary: Bool {
    switch self {
    case .conflict, .busy, .unavailable, .unknownOutcome: true
    case .duplicate, .constraint, .full, .unexpected, .schema, .misuse, .failed: false
    }
  }

  public var description: String {
    switch self {
    case .conflict: "the record was changed by somebody else meanwhile"
    case .duplicate(let columns): "a record with the same \(columns) exists already"
    case .constraint(let rule): "the record breaks a rule of its table: \(rule)"
    case .busy: "the database is in use by another process or overloaded; try again"
    case .full: "the disk is full"
    case .unavailable(let why): "the database cannot be reached: \(why)"
    case .unknownOutcome: "the connection broke during a commit, which may have taken effect or not; look, or repeat it"
    case .unexpected(let what): "the database holds something unexpected: \(what)"
    case .schema(let what): "the database does not fit this program: \(what)"
    case .misuse(let what): "the store was used wrongly: \(what)"
    case .failed(let what): "the database failed: \(what)"
    }
  }
}

/// A power cut between two durable writes, thrown by a test's or the simulation's commit hook.
public struct Crash: Error, Sendable, Equatable {
  /// The crash.
  public init() {}
}

/// Where a commit hook is called.
public enum CommitPoint: Sendable, Equatable {
  /// Everything is written, nothing is durable: a crash here undoes it.
  case before
  /// Everything is durable, nobody has been told.
  case after
}
