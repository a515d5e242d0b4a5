import ArgumentParser
import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import Store
import StoreSQLite

/// Where this installation keeps everything: one directory.
struct SiteOptions: ParsableArguments {
  @Option(name: .customLong("dir"), help: "The directory that holds circle, store, cards and configuration.")
  var directory = "lab"

  var site: Site { Site(directory: directory) }
}

/// The parts of a site, by their places in its directory.
struct Site {
  let directory: String

  /// The certificates and their keys.
  var circle: CircleDirectory { CircleDirectory("\(directory)/circle") }
  /// The software cards, a directory each.
  var cards: String { "\(directory)/cards" }
  /// The SM-DP+'s configuration, if there is one.
  var configurationFile: String { "\(directory)/smdp-plus.yaml" }
  /// The SM-DS's configuration, if there is one.
  var smdsConfigurationFile: String { "\(directory)/sm-ds.yaml" }

  /// Makes the directory if it is not there.
  func create() throws {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw Complaint(
        .noPermission, "\(directory) cannot be made: \(error.localizedDescription)", remedy: "Take another --dir.")
    }
  }

  /// The vault that wraps secrets at rest: of SIMURGH_MASTER_KEYS, or of the site's own file, made at first use.
  func vault() throws -> KeyVault {
    do {
      if let vault = try KeyVault(environment: ProcessInfo.processInfo.environment) { return vault }
      let file = "\(directory)/master.key"
      if FileManager.default.fileExists(atPath: file) { return try KeyVault(file: file) }
      try create()
      return try KeyVault.create(file: file, random: SystemRandomSource.shared)
    } catch let error as KeyError {
      throw Complaint(.configuration, "The master key cannot be used: \(error)")
    }
  }

  /// The store of every party of this site.
  func store() throws -> any Store {
    try create()
    do { return try SQLiteStore(path: "\(directory)/simurgh.sqlite") } catch {
      throw Complaint(.noPermission, "The store \(directory)/simurgh.sqlite cannot be opened: \(error)")
    }
  }

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
  static func from(_ now: Instant, days: Int = 3650) -> Validity { Validity(from: now - .seconds(86_400), days: days) }
}
