/// The tables of one room, and how they came to be.
public struct Schema: Sendable {
  /// The one owner of the tables: "order-book".
  public let owner: String
  /// The versions in order: the first brings a database from nothing to version 1. Never change one that was
  /// released; add another.
  public let versions: [[SchemaChange]]

  /// The schema of `owner`.
  public init(owner: String, versions: [[SchemaChange]]) { (self.owner, self.versions) = (owner, versions) }

  /// The tables the owner creates.
  public var tables: [String] {
    versions.joined().compactMap { if case .table(let name, _) = $0 { name } else { nil } }
  }
}

/// One change of a schema. Column types are INTEGER (64 bits), TEXT and BLOB, in capitals; `INTEGER PRIMARY KEY` counts up
/// by itself, perhaps with gaps.
public enum SchemaChange: Sendable, Equatable {
  /// A new table: name, columns and constraints.
  case table(String, String)
  /// A new index: name, then `table (columns)` with a WHERE clause where only some rows count.
  case index(String, on: String, unique: Bool = false)
  /// Any other statement.
  case statement(String)

  /// The change as it is remembered in the database, to notice that a released version was edited.
  public var text: String {
    switch self {
    case .table(let name, let columns): "TABLE \(name) (\(columns))"
    case .index(let name, let place, let unique): "\(unique ? "UNIQUE " : "")INDEX \(name) ON \(place)"
    case .statement(let sql): sql
    }
  }
}

/// One version of one owner's tables as the database remembers it.
public struct AppliedVersion: Sendable, Equatable {
  public let owner: String
  /// Counted from 1.
  public let version: Int
  /// The changes' texts, a line each.
  public let text: String

  /// What was applied.
  public init(owner: String, version: Int, text: String) {
    (self.owner, self.version, self.text) = (owner, version, text)
  }
}

/// Which versions are still to be applied.
public struct MigrationPlan: Sendable, Equatable {
  /// The steps in order.
  public let steps: [Step]

  /// One version's changes.
  public struct Step: Sendable, Equatable {
    public let record: AppliedVersion
    public let changes: [SchemaChange]
  }

  /// Compares what the program knows with what the database remembers.
  public init(schemas: [Schema], applied: [AppliedVersion]) throws(StoreError) {
    var owners: [String: String] = [:]
    var steps: [Step] = []
    for schema in schemas {
      for table in schema.tables {
        if let other = owners.updateValue(schema.owner, forKey: table) {
          throw .schema("table \(table) belongs to both \(other) and \(schema.owner)")
        }
      }
      let past = applied.filter { $0.owner == schema.owner }.sorted { $0.version < $1.version }
      guard past.count <= schema.versions.count else {
        throw .schema(
          "\(schema.owner) is at version \(past.count) there and this program knows \(schema.versions.count); "
            + "start a newer program")
      }
      for (index, changes) in schema.versions.enumerated() {
        let text = changes.map(\.text).joined(separator: "\n")
        let record = AppliedVersion(owner: schema.owner, version: index + 1, text: text)
        if index >= past.count {
          steps.append(Step(record: record, changes: changes))
        } else if past[index] != record {
          throw .schema("version \(index + 1) of \(schema.owner) is not what was applied there")
        }
      }
    }
    self.steps = steps
  }
}
