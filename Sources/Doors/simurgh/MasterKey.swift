import Bytes
import CircleFiles
import Foundation
import Keys

extension Site {
  /// The file of the site's master key.
  var masterKeyFile: String { "\(directory)/master.key" }
  /// A known word wrapped under the master key: by it another key is told from the right one.
  private var markFile: String { "\(directory)/master.check" }
  private static let markContext = "master.check"

  /// Whether something here is sealed under a master key already.
  var hasSecrets: Bool {
    let cards = (try? FileManager.default.contentsOfDirectory(atPath: cards)) ?? []
    return !cards.isEmpty || FileManager.default.fileExists(atPath: markFile)
  }

  /// The vault that wraps secrets at rest: of SIMURGH_MASTER_KEYS, or of the site's own file, made at first use.
  func vault() throws -> KeyVault {
    let vault = try knownKeys() ?? firstKey()
    try check(vault)
    return vault
  }

  /// The vault of a site that is there; for another directory, misspelt perhaps, none is made.
  func existingVault() throws -> KeyVault {
    guard try knownKeys() != nil || FileManager.default.fileExists(atPath: directory) else {
      throw Complaint(
        .noInput, "There is no site in \(directory), so there is no master key.",
        remedy: "Correct --dir, or give the key in \(KeyVault.environmentVariable).")
    }
    return try vault()
  }

  /// The vault of the environment or of the site's file; nil where neither is there.
  func knownKeys() throws -> KeyVault? {
    do {
      if let vault = try KeyVault(environment: ProcessInfo.processInfo.environment) { return vault }
    } catch {
      throw Complaint(
        .configuration, "The master key in \(KeyVault.environmentVariable) cannot be used: \(error).",
        remedy: "Correct the variable, or unset it to use \(masterKeyFile).")
    }
    guard FileManager.default.fileExists(atPath: masterKeyFile) else { return nil }
    do { return try KeyVault(file: masterKeyFile) } catch {
      throw Complaint(
        .configuration, "The master key cannot be used: \(error).",
        remedy: "chmod 600 \(masterKeyFile), or restore it from a copy.")
    }
  }

  /// A new master key, where nothing is sealed yet: under a second one what is there could not be opened.
  private func firstKey() throws -> KeyVault {
    guard !hasSecrets else {
      throw Complaint(
        .configuration, "The master key \(masterKeyFile) is missing, and secrets in \(directory) are sealed under it.",
        remedy: "Restore it from a copy, or give it in \(KeyVault.environmentVariable).")
    }
    try create()
    do { return try KeyVault.create(file: masterKeyFile, random: SystemRandomSource.shared) } catch {
      throw Complaint(.noPermission, "No master key can be made: \(error).", remedy: "Take another --dir.")
    }
  }

  /// Refuses a vault without the key that this site's secrets are under; after a rotation the new key is marked.
  private func check(_ vault: KeyVault) throws {
    if let mark = FileManager.default.contents(atPath: markFile).map(Array.init) {
      guard (try? vault.unwrap(mark, context: Self.markContext)) != nil else {
        throw Complaint(
          .configuration, "The master key is another one than the secrets in \(directory) are sealed under.",
          remedy: "Restore \(masterKeyFile) from a copy, or give the right key in \(KeyVault.environmentVariable).")
      }
      guard vault.isOutdated(mark) else { return }
    }
    try create()
    let mark = try vault.wrap(
      Secret(Array("Simurgh".utf8)), context: Self.markContext, random: SystemRandomSource.shared)
    try DurableFile.write(mark, to: markFile, isSecret: true)
  }
}
