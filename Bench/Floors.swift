import Bytes
import Foundation
import Keys
import SecureChannel

/// The physical limits of this machine in this run: what no SM-DP+ can go below.
enum Floors {
  /// CPU microseconds of the cryptography that one download obliges an SM-DP+ to: three signatures (server, download,
  /// secure channel), four verifications (eUICC certificate, the two answers of the eUICC, the installation result),
  /// one key generation, one agreement, and BSP over `package` bytes. The EUM certificate is taken as known.
  static func cryptography(_ curve: Curve, package: Int) throws -> Double {
    let random = SystemRandomSource.shared
    let key = PrivateKey(curve, random: random)
    let peer = PrivateKey(curve, random: random).publicKey
    let message = random.bytes(300)
    let signature = try key.sign(message)
    let sign = try Measure.microseconds { _ = try key.sign(message) }
    let verify = Measure.microseconds { precondition(key.publicKey.verifies(signature, over: message)) }
    let generate = Measure.microseconds { _ = PrivateKey(curve, random: random) }
    let agree = try Measure.microseconds { _ = try key.agree(with: peer) }
    return 3 * sign + 4 * verify + generate + agree + (try protection(package: package))
  }

  /// CPU microseconds of BSP over `package` bytes.
  static func protection(package: Int) throws -> Double {
    let random = SystemRandomSource.shared
    let bytes = random.bytes(package)
    let keys = try BSP.SessionKeys(random: random)
    return try Measure.microseconds {
      var sender = BSP.Sender(keys: keys)
      _ = try sender.protect(bytes, as: .profile)
    }
  }

  /// Wall microseconds until 4 KiB more of a file are on the disk.
  static func diskSync(in directory: URL) throws -> Double {
    let file = directory.appendingPathComponent("sync")
    guard FileManager.default.createFile(atPath: file.path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    let handle = try FileHandle(forWritingTo: file)
    defer {
      try? handle.close()
      try? FileManager.default.removeItem(at: file)
    }
    let page = Data(count: 4096)
    return try Measure.wallMicroseconds {
      try handle.write(contentsOf: page)
      fdatasync(handle.fileDescriptor)
    }
  }
}
