import Foundation
import Store
import StorePostgreSQL
import Synchronization

/// A PostgreSQL server of the tests' own, from the Debian package: a fresh cluster in a folder, reached over a socket in
/// that folder alone. It ends with the process that started it, whatever way that ends.
public final class TestPostgreSQL: Sendable {
  /// Why there is none.
  public struct Missing: Error, CustomStringConvertible {
    public let description: String
  }

  /// The process that listens; its children serve.
  public let process: Int32
  /// Its folder. `start` in it starts a server that was ended; the server's process is the first line of
  /// `data/postmaster.pid`.
  public let folder: String
  private let databases = Mutex(0)

  /// One server for all tests of a process that do it no harm, or why there is none.
  public static let shared = Result { () throws(Missing) in try TestPostgreSQL() }

  /// Why the tests must do without, or nil.
  public static var absence: String? {
    if case .failure(let missing) = shared { missing.description } else { nil }
  }

  /// Makes a cluster and starts its server; `settings` are lines of postgresql.conf.
  public init(settings: [String] = []) throws(Missing) {
    guard let programs = Self.programs() else { throw Missing(description: "PostgreSQL is not installed") }
    let folder = "\(Self.place)/simurgh-postgresql-\(UUID().uuidString.prefix(8))"
    self.folder = folder
    let script =
      """
      set -e
      as=
      mkdir -m 700 \(folder)
      if [ "$(id -u)" = 0 ]; then
        chown \(Self.user) \(folder)
        as="setpriv --reuid=\(Self.user) --clear-groups"
      fi
      cd \(folder)
      $as \(programs)/initdb -D \(folder)/data -U simurgh -A trust -E UTF8 --locale=C --no-sync >initdb.log 2>&1
      cat >>\(folder)/data/postgresql.conf
      cat >start <<END
      #!/bin/bash
      # Whoever waits for an end of what this was started with does not wait for the server's.
      for number in /proc/self/fd/*; do
        number=\\${number##*/}
        if [ \\$number -gt 2 ]; then eval "exec \\$number>&-"; fi
      done
      cd \(folder)
      $as \(programs)/postgres -D \(folder)/data >>server.log 2>&1 </dev/null &
      for i in \\$(seq 300); do
        if $as \(programs)/pg_isready -q -h \(folder) -U simurgh -d postgres; then exit 0; fi
        kill -0 \\$! 2>/dev/null || break
        sleep 0.1
      done
      cat server.log
      exit 1
      END
      chmod 755 start
      ./start
      head -1 data/postmaster.pid
      exec >&- 2>&-
      # Until whoever started this is gone.
      read -r gone <&3 || true
      kill -QUIT $(head -1 data/postmaster.pid) || true
      for i in $(seq 100); do
        [ -e data/postmaster.pid ] || break
        sleep 0.05
      done
      cd /
      rm -rf \(folder)
      """
    let configuration =
      (["listen_addresses = ''", "unix_socket_directories = '\(folder)'", "max_connections = 200"] + settings)
      .joined(separator: "\n") + "\n"
    process = try Self.start(script, configuration)
  }

  /// Runs the script with one pipe as its life line, and returns the server's process as the script tells it.
  private static func start(_ script: String, _ configuration: String) throws(Missing) -> Int32 {
    let (shell, input, output) = (Process(), Pipe(), Pipe())
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
      throw Missing(description: "no pipe: \(String(cString: strerror(errno)))")
    }
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    // The life line is inherited by number; the end that this process keeps is not.
    shell.arguments = ["-c", "exec 3</proc/\(getpid())/fd/\(ends[0])\n" + script]
    (shell.standardInput, shell.standardOutput, shell.standardError) = (input, output, output)
    do {
      try shell.run()
      try input.fileHandleForWriting.write(contentsOf: Data(configuration.utf8))
      try input.fileHandleForWriting.close()
    } catch { throw Missing(description: "the server cannot be started: \(error)") }
    let told = (try? output.fileHandleForReading.readToEnd()).flatMap { $0.map { String(decoding: $0, as: UTF8.self) } }
    close(ends[0])
    guard let process = told.flatMap({ Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) else {
      throw Missing(description: "PostgreSQL does not start: \(told ?? "")")
    }
    return process
  }

  /// In memory where there is room: the tests' parties crash, and their server, but never the machine, so that only a disk's
  /// slowness would be lost. The server makes the same calls either way.
  private static var place: String {
    let (memory, wanted) = ("/dev/shm", 4 << 30)
    let free = try? FileManager.default.attributesOfFileSystem(forPath: memory)[.systemFreeSize] as? Int
    return (free ?? 0) > wanted && FileManager.default.isWritableFile(atPath: memory) ? memory : "/tmp"
  }

  /// The server refuses to run as root.
  private static let user = getpwnam("postgres") != nil ? "postgres" : "nobody"

  /// Debian's folder of the newest version.
  private static func programs() -> String? {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    return versions.compactMap(Int.init).max().map { "/usr/lib/postgresql/\($0)/bin" }
  }

  /// The address of a database with nothing in it, of the test's own.
  public func emptyDatabase() throws -> PostgreSQLAddress {
    let name = databases.withLock { number in
      number += 1
      return "test\(number)"
    }
    try command("CREATE SCHEMA \(name)")
    return try address(options: "-c search_path=\(name)")
  }

  /// The server's address.
  public func address(options: String = "", database: String = "postgres") throws -> PostgreSQLAddress {
    let text = options.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    return try PostgreSQLAddress("\(url(database))&options=\(text)")
  }

  /// The address of a database as a person gives it.
  public func url(_ database: String) -> String { "postgresql:///\(database)?host=\(folder)&user=simurgh" }

  /// Runs SQL with Debian's psql and returns what it prints.
  @discardableResult public func command(_ sql: String) throws -> String {
    let (psql, output) = (Process(), Pipe())
    psql.executableURL = URL(fileURLWithPath: "\(Self.programs() ?? "/usr")/psql")
    psql.arguments = ["-qAtX", "-h", folder, "-U", "simurgh", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", sql]
    psql.standardOutput = output
    try psql.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    psql.waitUntilExit()
    guard psql.terminationStatus == 0 else { throw Missing(description: "psql failed: \(sql)") }
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
