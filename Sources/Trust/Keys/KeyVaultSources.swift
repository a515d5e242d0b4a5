import Bytes
import Foundation

extension KeyVault {
  /// The variable of the environment that holds master keys.
  public static let environmentVariable = "SIMURGH_MASTER_KEYS"

  /// A vault from text: master keys of 64 hexadecimal digits, separated by white space or commas, the current one
  /// first and former ones after it; from "#" on a line is a comment.
  public init(text: String) throws(KeyError) {
    let keys = try MasterKeyFile.secrets(in: text)
    try self.init(current: keys[0], former: Array(keys.dropFirst()))
  }

  /// The vault of ``environmentVariable``; nil where the variable is not set.
  public init?(environment: [String: String]) throws(KeyError) {
    guard let text = environment[Self.environmentVariable] else { return nil }
    try self.init(text: text)
  }

  /// The vault of a file, which it follows; refused if anybody but its owner may read or write it.
  public init(file path: String) throws(KeyError) { try self.init(following: MasterKeyFile(path: path)) }

  /// Puts a new master key before those of a file, or leaves the file as it is where there are former ones already: the
  /// rotation that was begun goes on. The file is replaced as a whole.
  public static func beginRotation(file path: String, random: any RandomSource) throws(KeyError) {
    let keys = try MasterKeyFile(path: path).secrets()
    if keys.count == 1 { try MasterKeyFile(path: path).replace([Secret(random.bytes(32))] + keys) }
  }

  /// Leaves only the current master key in a file, once nothing is sealed under former ones any more.
  public static func endRotation(file path: String) throws(KeyError) {
    let file = MasterKeyFile(path: path)
    try file.replace(Array(try file.secrets().prefix(1)))
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

/// Master keys in a file.
private struct MasterKeyFile: KeySource {
  let path: String

  /// Which file stands there, how long it is and when it was last changed.
  var stamp: [Int] {
    var status = stat()
    guard stat(path, &status) == 0 else { return [] }
    return [Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
  }

  func keys() throws(KeyError) -> KeyRing.Keys {
    let secrets = try secrets()
    return try KeyRing.Keys(current: secrets[0], former: Array(secrets.dropFirst()))
  }

  /// One key at least.
  func secrets() throws(KeyError) -> [Secret] {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let permissions = attributes[.posixPermissions] as? NSNumber,
      let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { throw KeyError("the file of master keys \(path) cannot be read") }
    guard permissions.intValue & 0o077 == 0 else {
      throw KeyError("others may read the file of master keys \(path): chmod 600 it")
    }
    do { return try Self.secrets(in: text) } catch { throw KeyError("\(path): \(error)") }
  }

  static func secrets(in text: String) throws(KeyError) -> [Secret] {
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
    guard !keys.isEmpty else { throw KeyError("there is no master key; one has 64 hexadecimal digits") }
    return keys
  }

  /// Writes the file anew: whoever reads it finds the old or the new one, also after a power cut.
  func replace(_ keys: [Secret]) throws(KeyError) {
    let new = "\(path).new"
    unlink(new)
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else { throw KeyError("\(new) cannot be written") }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(keys.map { $0.bytes.hex + "\n" }.joined().utf8))
      try file.synchronize()
    } catch { throw KeyError("\(new) cannot be written") }
    guard rename(new, path) == 0 else { throw KeyError("the file of master keys \(path) cannot be replaced") }
    let directory = open(PathName.folder(of: path), O_RDONLY | O_DIRECTORY)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }
}
