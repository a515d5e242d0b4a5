import CPQ
import Store

/// Where a database is: `postgresql://user@host/name?sslmode=verify-full`, as libpq reads it. It prints without its
/// password.
public struct PostgreSQLAddress: Sendable, CustomStringConvertible {
  /// libpq's keywords and their values.
  let parameters: [String: String]

  /// Whether `text` looks like the address of a PostgreSQL database.
  public static func describes(_ text: String) -> Bool {
    text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
  }

  /// Reads `text`. A database on another machine is reached over TLS with its certificate verified, or in the clear where
  /// the address says `sslmode=disable`; nothing between, which looks safe and is not.
  public init(_ text: String) throws(StoreError) {
    guard Self.describes(text) else { throw .misuse("a database's address begins with postgresql://") }
    var complaint: UnsafeMutablePointer<CChar>?
    defer { PQfreemem(complaint) }
    guard let options = PQconninfoParse(text, &complaint) else {
      let reason = complaint.map { String(cString: $0) } ?? "out of memory"
      throw .misuse("the database's address cannot be read: \(reason.oneLine)")
    }
    defer { PQconninfoFree(options) }
    var parameters: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    if !Self.isLocal(parameters) {
      switch parameters["sslmode"] {
      case nil: parameters["sslmode"] = "verify-full"
      case "verify-full"?, "verify-ca"?, "disable"?: break
      case let mode?:
        throw .misuse("sslmode=\(mode) verifies nobody: take verify-full with sslrootcert, or disable")
      }
    }
    self.parameters = parameters
  }

  /// Whether everything stays on this machine.
  private static func isLocal(_ parameters: [String: String]) -> Bool {
    let hosts = (parameters["hostaddr"] ?? parameters["host"] ?? "").split(separator: ",")
    return hosts.allSatisfy {
      $0.hasPrefix("/") || $0.hasPrefix("@") || ["127.0.0.1", "::1", "localhost"].contains($0)
    }
  }

  /// The address without its secrets.
  public var description: String {
    let user = parameters["user"].map { "\($0)@" } ?? ""
    let host = parameters["host"] ?? parameters["hostaddr"] ?? ""
    let port = parameters["port"].map { ":\($0)" } ?? ""
    let name = parameters["dbname"] ?? ""
    return host.hasPrefix("/")
      ? "postgresql://\(user)/\(name) in \(host)" : "postgresql://\(user)\(host)\(port)/\(name)"
  }
}

extension String {
  /// libpq's complaints are lines; this is one sentence.
  var oneLine: String {
    split(whereSeparator: \.isNewline).joined(separator: "; ")
  }
}
