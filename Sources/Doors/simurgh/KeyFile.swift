import Bytes
import CircleFiles
import Foundation
import Keys

/// A private key of a site in a file, wrapped under the site's master key for the file's own place: wherever the directory is
/// moved to, the key opens in the same file and in no other.
struct KeyFile {
  let path: String
  /// Whose keys these are: "registration", "payment".
  let room: String

  private var context: String { "\(room) \(path.split(separator: "/").suffix(2).joined(separator: "/"))" }

  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// The key; where there is none, `remedy` tells the command that makes it.
  func read(_ vault: KeyVault, remedy: String) throws -> PrivateKey {
    try PrivateKey(.p256, scalar: secret(vault, remedy: remedy).bytes)
  }

  /// Any secret that the file keeps.
  func secret(_ vault: KeyVault, remedy: String) throws -> Secret {
    try vault.unwrap(Self.contents(path, "private key", remedy: remedy), context: context)
  }

  func write(_ key: PrivateKey, _ vault: KeyVault) throws { try write(key.scalar, vault) }

  func write(_ secret: Secret, _ vault: KeyVault) throws {
    try Self.write(vault.wrap(secret, context: context, random: SystemRandomSource.shared), to: path)
  }

  /// Brings it under the current master key after a rotation; nothing where there is no file.
  func rewrap(_ vault: KeyVault) throws {
    guard let wrapped = FileManager.default.contents(atPath: path).map(Array.init), vault.isOutdated(wrapped) else {
      return
    }
    try Self.write(vault.rewrap(wrapped, context: context, random: SystemRandomSource.shared), to: path)
  }

  /// A file's bytes; where there is none, what is missing, and the command that makes it.
  static func contents(_ path: String, _ what: String, remedy: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Complaint(.noInput, "There is no \(what): \(path) is missing.", remedy: "Make one with: \(remedy)")
    }
    return Array(data)
  }

  /// Writes a file whole or not at all, for its owner alone.
  static func write(_ bytes: [UInt8], to file: String) throws {
    do { try DurableFile.write(bytes, to: file, isSecret: true) } catch {
      throw Complaint(.noPermission, "\(file) cannot be written: \(error)")
    }
  }
}
