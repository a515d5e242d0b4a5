import APDU
import Bytes
import Keys

/// The AES that SCP03 at full security obliges both ends to: what no implementation can leave out.
enum ChannelFloor {
  /// CPU microseconds for `commands` as they go over the line, each with an answer of a block or less.
  static func microseconds(of commands: [[UInt8]]) throws -> Double {
    let key = Secret([UInt8](repeating: 7, count: 16))
    let zero = [UInt8](repeating: 0, count: 16)
    let parsed = commands.compactMap { try? Command(bytes: $0) }
    let sessions = parsed.count { $0.ins == 0x50 }
    // A MAC of 8 bytes stands behind whole blocks.
    let blocks = parsed.filter(\.isSecured).map { [UInt8](repeating: 0x80, count: max(16, $0.data.count - 8)) }
    return try Measure.microseconds {
      for _ in 0..<sessions {
        // §6.2.2: three session keys, a challenge and two cryptograms, at each end.
        for _ in 0..<12 { _ = try AES.cmac(zero + zero, key: key) }
      }
      for block in blocks {
        for _ in 0..<2 { try protect(block, zero, key) }
      }
    }
  }

  /// What one end does for one command: C-MAC over chaining value and header, C-ENC and R-ENC with a counter block each
  /// (§6.2.6), R-MAC.
  static func protect(_ block: [UInt8], _ zero: [UInt8], _ key: Secret) throws {
    _ = try AES.cmac([UInt8](repeating: 0, count: 21) + block, key: key)
    for content in [block, zero] {
      let iv = try AES.encryptBlock(zero, key: key)
      _ = try AES.cbcEncrypt(content, key: key, iv: iv)
    }
    _ = try AES.cmac(zero + zero, key: key)
  }
}
