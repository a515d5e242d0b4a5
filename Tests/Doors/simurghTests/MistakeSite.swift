import CSQLite
import Foundation

/// A copy of a site that a lab has made, in a folder with files that are good for nothing.
struct MistakeSite {
  private let original: Shell
  private let shell: Shell

  static func with(_ body: (MistakeSite) async throws -> Void) async throws {
    try await Shell.with { original in
      try await Shell.with { shell in
        let site = MistakeSite(original: original, shell: shell)
        try await site.make()
        try await body(site)
      }
    }
  }

  private func make() async throws {
    let made = try await original.run(
      """
      simurgh lab --once >&2 && simurgh issuer begin lab >&2 && mkdir folder empty && truncate -s 4G hole \
      && head -c 3000 /dev/zero > noise
      """)
    guard made.status == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: made.all]) }
    try await renew()
  }

  /// Brings everything back to the beginning.
  func renew() async throws {
    let copied = try await shell.run("rm -rf ./* && cp -a --sparse=always '\(original.directory.path)/.' .")
    guard copied.status == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: copied.all]) }
  }

  func run(_ command: LeafCommand, _ arguments: [String]) async throws -> Shell.Result {
    try await shell.run(arguments: ["simurgh"] + command.path + arguments, in: command.stays ? "empty" : ".")
  }

  /// All files with their lengths and modes, and all records.
  func contents() throws -> [String: String] {
    var contents: [String: String] = [:]
    let files = FileManager.default.enumerator(atPath: shell.directory.path)
    while let file = files?.nextObject() as? String {
      if file.hasSuffix("-wal") || file.hasSuffix("-shm") { continue }
      let path = shell.directory.appendingPathComponent(file).path
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let isStore = file.hasSuffix(".sqlite")
      let size = isStore ? try Self.records(path) : "\(attributes[.size] ?? 0)"
      contents[file] =
        "\(attributes[.posixPermissions] ?? 0) \(attributes[.type] as? FileAttributeType == .typeDirectory ? "" : size)"
    }
    return contents
  }

  /// Every row of every table.
  private static func records(_ path: String) throws -> String {
    var database: OpaquePointer?
    defer { sqlite3_close_v2(database) }
    guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else { return "unreadable" }
    func rows(_ query: String) -> [String] {
      var statement: OpaquePointer?
      defer { sqlite3_finalize(statement) }
      guard sqlite3_prepare_v2(database, query, -1, &statement, nil) == SQLITE_OK else { return ["unreadable"] }
      var rows: [String] = []
      while sqlite3_step(statement) == SQLITE_ROW {
        rows.append(
          (0..<sqlite3_column_count(statement)).map { column in
            let count = Int(sqlite3_column_bytes(statement, column))
            let bytes = sqlite3_column_blob(statement, column).map {
              [UInt8](UnsafeRawBufferPointer(start: $0, count: count))
            }
            return "\(bytes ?? [])"
          }.joined(separator: "|"))
      }
      return rows
    }
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    // Whoever opens the store brings its tables with it; they have no rows yet.
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_version' ORDER BY name"
    sqlite3_prepare_v2(database, tables, -1, &statement, nil)
    var hasher = Hasher()
    while sqlite3_step(statement) == SQLITE_ROW, let name = sqlite3_column_text(statement, 0) {
      for row in rows("SELECT * FROM \"\(String(cString: name))\"") { hasher.combine(row) }
    }
    return "\(hasher.finalize())"
  }
}
