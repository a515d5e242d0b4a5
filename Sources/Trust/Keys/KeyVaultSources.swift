import Bytes
import Foundation

extension KeyVault {
  /// The variable of the environment that holds master keys.
  public static let environmentVariable = "SIMURGH_MASTER_KEYS"

  /// A vault from text: master keys of 64 hexadecimal digits, separated by white space or commas, the current one
  /// first and former ones after it; from "#" on a line is a comment.
  public init(text: String) throws(KeyError) {
    var keys: [Secret] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" }.split { $0.isWhitespace || $0 == "," }
      for word in words {
        guard word.utf8.count == 64, let bytes = try? [UInt8](hex: word) else {
          throw KeyError("master key \(keys.count + 1) is not 64 hexadecimal digits")
        }
        keys.append(Secret(bytes))
      }
    }
    guard let current = keys.first else { throw KeyError("there is no master key; one has 64 hexadecimal digits") }
    try self.init(current: current, former: Array(keys.dropFirst()))
  }

  /// The vault of ``environmentVariable``; nil where the variable is not set.
  public init?(environment: [String: String]) throws(KeyError) {
    guard let text = environment[Self.environmentVariable] else { return nil }
    try self.init(text: text)
  }

  /// The vault of a file; refused if anybody but its owner may read or write it.
  public init(file path: String) throws(KeyError) {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let permissions = attributes[.posixPermissions] as? NSNumber,
      let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { throw KeyError("the file of master keys \(path) cannot be read") }
    guard permissions.intValue & 0o077 == 0 else {
      throw KeyError("others may read the file of master keys \(path): chmod 600 it")
    }
    do { try self.init(text: text) } catch { throw KeyError("\(path): \(error)") }
  }

  /// Writes a new master key to a new file that its owner alone may read, and opens it; refused if there is a file.
  public static func create(file path: String, random: any RandomSource) throws(KeyError) -> KeyVault {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else { throw KeyError("the file of master keys \(path) exists, or cannot be written") }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data((random.bytes(32).hex + "\n").utf8))
      try file.synchronize()
    } catch { throw KeyError("the file of master keys \(path) cannot be written") }
    return try KeyVault(file: path)
  }
}
