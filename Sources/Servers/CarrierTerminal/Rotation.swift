import Bytes
import HandsetRegistration
import Keys
import Store

/// The carrier's terminal's secrets after a rotation of the master key.
extension Desk {
  /// Brings the keys of registrations under way, of batches and of terminals, and the passwords of lots, under the current
  /// master key, `limit` of them a transaction. May be repeated, and while dealers are served.
  public func rewrap(limit: Int = 1000, random: any RandomSource) throws {
    let limit = max(1, limit)
    var name: [UInt8]? = []
    while let after = name { name = try store.retrying { _ in try rewrapCourses(after: after, limit, random) } }
    try rewrap(
      "SELECT name, keys FROM carrier_batch_id WHERE name > $1 ORDER BY name LIMIT $2",
      "UPDATE carrier_batch_id SET keys = $3 WHERE name = $1 AND keys = $2", limit, random)
    // Keys of a terminal belong to the registration that brought them.
    try rewrap(
      """
      SELECT place, keys FROM carrier_terminal
      WHERE place > $1 AND place IS NOT NULL AND keys IS NOT NULL ORDER BY place LIMIT $2
      """, "UPDATE carrier_terminal SET keys = $3 WHERE place = $1 AND keys = $2", limit, random)
    for row in try store.read({ try $0.query("SELECT number, password FROM carrier_lot") }) {
      let (number, wrapped): (Int, [UInt8]) = (try row(0), try row(1))
      guard vault.isOutdated(wrapped) else { continue }
      let new = try vault.rewrap(wrapped, context: Self.place(ofLot: number), random: random)
      _ = try store.transaction {
        try $0.execute(
          "UPDATE carrier_lot SET password = $3 WHERE number = $1 AND password = $2", number, wrapped, new)
      }
    }
  }

  /// The name of the last one; nil where there was none.
  private func rewrapCourses(after name: [UInt8], _ limit: Int, _ random: any RandomSource) throws -> [UInt8]? {
    try store.transaction { transaction in
      let rows = try transaction.query(
        "SELECT content, version FROM carrier_course WHERE name > $1 ORDER BY name LIMIT $2", name, limit)
      var last: [UInt8]?
      for row in rows {
        var course = try Course(encoded: row(0, as: [UInt8].self))
        course.version = try row(1)
        last = course.name.bytes
        guard vault.isOutdated(course.wrappedKeys) else { continue }
        course.wrappedKeys = try vault.rewrap(course.wrappedKeys, context: Course.place(course.name), random: random)
        try course.save(in: transaction)
      }
      return last
    }
  }

  /// What a table keeps wrapped for registrations: `select` has their names, and what is wrapped.
  private func rewrap(
    _ select: StaticString, _ update: StaticString, _ limit: Int, _ random: any RandomSource
  ) throws {
    var after: [UInt8]? = []
    while let name = after {
      after = try store.transaction { transaction in
        let rows = try transaction.query(select, name, limit)
        for row in rows {
          let (bytes, wrapped): ([UInt8], [UInt8]) = (try row(0), try row(1))
          guard vault.isOutdated(wrapped), let name = RegistrationName(bytes) else { continue }
          try transaction.execute(
            update, bytes, wrapped, vault.rewrap(wrapped, context: Course.place(name), random: random))
        }
        return try rows.last?(0)
      }
    }
  }
}
