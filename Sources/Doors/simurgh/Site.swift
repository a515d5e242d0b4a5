import ArgumentParser
import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import Store
import StorePostgreSQL
import StoreSQLite

/// Where this installation keeps everything: one directory.
struct SiteOptions: ParsableArguments {
  @Option(name: .customLong("dir"), help: "The directory that holds circle, store, cards and configuration.")
  var directory = "lab"

  var site: Site { Site(directory: directory) }
}

/// An installation whose records may be kept elsewhere.
struct StoredSiteOptions: ParsableArguments {
  @OptionGroup var options: SiteOptions
  @Option(
    help: ArgumentHelp(
      "The database that keeps the records: postgresql://…; what the configuration says, or DIR/simurgh.sqlite.",
      valueName: "address"))
  var store: String?

  var directory: String { options.directory }
  var site: Site { Site(directory: directory, database: store) }
}

/// The parts of a site, by their places in its directory.
struct Site {
  let directory: String
  /// The address of the database that the command line names.
  var database: String?

  /// The certificates and their keys.
  var circle: CircleDirectory { CircleDirectory("\(directory)/circle") }
  /// The software cards, a directory each.
  var cards: String { "\(directory)/cards" }
  /// The SM-DP+'s configuration, if there is one.
  var configurationFile: String { "\(directory)/smdp-plus.yaml" }
  /// The SM-DS's configuration, if there is one.
  var smdsConfigurationFile: String { "\(directory)/sm-ds.yaml" }

  /// The charging centre's configuration, if there is one.
  var chargingConfigurationFile: String { "\(directory)/charging.yaml" }

  /// Makes the directory if it is not there.
  func create() throws { try Folder.make(directory) }

  /// The file of the store of a site that names no database.
  var storeFile: String { "\(directory)/simurgh.sqlite" }

  /// The store that a command reads or goes on with: where there is none, none is made.
  func existingStore(_ configured: String?) throws -> any Store {
    guard database == nil, configured == nil, !FileManager.default.fileExists(atPath: storeFile) else {
      return try store(configured)
    }
    throw Complaint(
      .noInput, "There is no store in \(directory): \(storeFile) is missing.",
      remedy: "Correct --dir, or begin with: simurgh lab --once --dir \(directory)")
  }

  /// A party's store: the database that the command line names, or else `configured`, or else the site's own file, where
  /// `sharesCommits` lets the party's threads share commits.
  func store(_ configured: String?, sharesCommits: Bool = false) throws -> any Store {
    if let address = database ?? configured { return try Self.database(address) }
    try create()
    do { return try SQLiteStore(path: storeFile, sharesCommits: sharesCommits) } catch StoreError.busy {
      throw StoreError.busy
    } catch {
      throw Complaint(.noPermission, "The store \(storeFile) cannot be opened: \(error)")
    }
  }

  /// The store in the PostgreSQL database at `address`.
  private static func database(_ address: String) throws -> any Store {
    do {
      return try PostgreSQLStore(PostgreSQLAddress(address), random: SystemRandomSource.shared)
    } catch StoreError.unavailable(let reason) {
      throw Complaint(
        .unavailable, "The database cannot be reached: \(reason)",
        remedy: "Start it (systemctl start postgresql), or correct its address (docs/smdp-plus.md).")
    } catch StoreError.misuse(let reason) {
      throw Complaint(
        .configuration, "The database cannot be used: \(reason)",
        remedy: reason.contains("synchronous_commit")
          ? "psql ADDRESS -c 'ALTER ROLE CURRENT_USER SET synchronous_commit = on'"
          : "docs/smdp-plus.md tells how the database is to be set and addressed.")
    }
  }

  /// What a person calls a party's store; without a password.
  func storeName(_ configured: String?) throws -> String {
    guard let address = database ?? configured else { return "SQLite, \(storeFile)" }
    return try PostgreSQLAddress(address).description
  }

  /// The store of the SM-DP+, which its configuration may name and which must be there.
  func orderStore() throws -> any Store { try existingStore(ServerConfiguration.read(configurationFile).store) }

  /// The circle, which must be there.
  func existingCircle() throws -> CircleDirectory {
    guard circle.exists else {
      throw Complaint(
        .noInput, "There is no circle of certificates in \(circle.path).",
        remedy: "Make one with: simurgh ca init --dir \(directory)")
    }
    return circle
  }
}

/// How long certificates hold that are issued without a word about it.
enum UsualValidity {
  /// From yesterday, for those whose clocks are slow, until `days` days from `now`.
  static func from(_ now: Instant, days: Int = 3650) -> Validity {
    Validity(notBefore: now - .seconds(86_400), notAfter: Validity(from: now, days: days).notAfter)
  }
}
