import Bytes
import Foundation
import Keys
import SecureChannel

/// The physical limits of this machine in this run: what no SM-DP+ can go below.
struct Floors {
  /// CPU microseconds of one signature, verification, key generation and agreement on P-256.
  let sign, verify, generate, agree: Double
  /// CPU microseconds of BSP over the package.
  let protect: Double
  /// Wall microseconds until 4 KiB more of a file are on the disk.
  let diskSync: Double

  /// Measures them for a package of `package` bytes and the disk under `folder`.
  init(package: Int, in folder: URL) throws {
    let random = SystemRandomSource.shared
    let key = PrivateKey(.p256, random: random)
    let peer = PrivateKey(.p256, random: random).publicKey
    let message = random.bytes(300)
    let signature = try key.sign(message)
    sign = try Measure.microseconds { _ = try key.sign(message) }
    verify = Measure.microseconds { precondition(key.publicKey.verifies(signature, over: message)) }
    generate = Measure.microseconds { _ = PrivateKey(.p256, random: random) }
    agree = try Measure.microseconds { _ = try key.agree(with: peer) }
    let bytes = random.bytes(package)
    let keys = try BSP.SessionKeys(random: random)
    protect = try Measure.microseconds {
      var sender = BSP.Sender(keys: keys)
      _ = try sender.protect(bytes, as: .profile)
    }
    diskSync = try Self.sync(in: folder)
  }

  /// CPU microseconds of the cryptography that one download obliges an SM-DP+ to: three signatures (server, download,
  /// secure channel), four verifications (eUICC certificate, the two answers of the eUICC, the installation result),
  /// one key generation, one agreement, and BSP over the package. The EUM certificate is taken as known.
  var cryptography: Double { 3 * sign + 4 * verify + generate + agree + protect }

  private static func sync(in folder: URL) throws -> Double {
    let file = folder.appendingPathComponent("sync")
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
