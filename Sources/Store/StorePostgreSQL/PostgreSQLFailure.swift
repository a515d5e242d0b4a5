import CPQ
import Store

/// Why a transaction could not go on, where another run of it may.
enum Disruption: Sendable {
  /// It and another transaction cannot both have happened one after the other, or wait for each other.
  case serialization
  /// The connection broke before the commit was asked for: the server has undone everything.
  case lostConnection
}

/// What the server said against a statement.
struct PostgreSQLFailure {
  let error: StoreError
  let disruption: Disruption?

  /// What `result` says.
  init(_ result: OpaquePointer) {
    let state = simurgh_sqlstate(result).map { String(cString: $0) } ?? ""
    let message = simurgh_message(result).map { String(cString: $0) } ?? "no reason given"
    switch state {
    // serialization_failure, deadlock_detected
    case "40001", "40P01": (error, disruption) = (.conflict, .serialization)
    // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped
    case "57P01", "57P02", "57P03", "57P04": (error, disruption) = (.unavailable(message), .lostConnection)
    case _ where state.hasPrefix("08"): (error, disruption) = (.unavailable(message), .lostConnection)
    default: (error, disruption) = (Self.error(state, message, result), nil)
    }
  }

  private static func error(_ state: String, _ message: String, _ result: OpaquePointer) -> StoreError {
    switch state {
    case "23505": .duplicate(columns(result))
    // Integrity constraints; data that are no value of their column, or of another type.
    case "42804",
      _ where state.hasPrefix("23"), _ where state.hasPrefix("22"):
      .constraint(message)
    // disk_full
    case "53100": .full
    // too_many_connections, lock_not_available, query_canceled: a time limit
    case "53300", "55P03", "57014": .busy
    default: .failed(message)
    }
  }

  /// "profile.iccid" of the detail "Key (iccid)=(89…) already exists."
  private static func columns(_ result: OpaquePointer) -> String {
    let table = simurgh_table(result).map { String(cString: $0) } ?? ""
    let detail = simurgh_detail(result).map { String(cString: $0) } ?? ""
    guard let open = detail.firstIndex(of: "("), let close = detail.firstRange(of: ")=(") else {
      return simurgh_constraint(result).map { String(cString: $0) } ?? table
    }
    return detail[detail.index(after: open)..<close.lowerBound].split(separator: ", ").map { "\(table).\($0)" }
      .joined(separator: ", ")
  }
}
