import Store

extension SQLiteStore {
  public func migrate(_ schemas: [Schema]) throws {
    try withConnection { connection in
      try connection.run(
        """
        CREATE TABLE IF NOT EXISTS schema_version (
          owner TEXT NOT NULL, version INTEGER NOT NULL, changes TEXT NOT NULL, PRIMARY KEY (owner, version)) STRICT
        """)
      let applied = try connection.query("SELECT owner, version, changes FROM schema_version").map {
        AppliedVersion(owner: try $0(0), version: try $0(1), text: try $0(2))
      }
      for step in try MigrationPlan(schemas: schemas, applied: applied).steps {
        for change in step.changes { try connection.run(Self.sql(change)) }
        try connection.execute(
          "INSERT INTO schema_version (owner, version, changes) VALUES ($1, $2, $3)",
          step.record.owner, step.record.version, step.record.text)
      }
    }
  }

  /// SQLite checks column types only in STRICT tables.
  private static func sql(_ change: SchemaChange) -> String {
    switch change {
    case .table(let name, let columns): "CREATE TABLE \(name) (\(columns)) STRICT"
    case .index(let name, let place, let unique): "CREATE \(unique ? "UNIQUE " : "")INDEX \(name) ON \(place)"
    case .statement(let sql): sql
    }
  }
}
