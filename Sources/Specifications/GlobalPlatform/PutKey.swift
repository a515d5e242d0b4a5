import APDU
import Bytes
import TLV

/// PUT KEY (GlobalPlatform Card Specification 2.3 §11.8; Amendment D §7.2 for AES, Amendment E §4 for points).
public struct PutKey: Hashable, Sendable {
  public static let instruction: UInt8 = 0xD8

  /// One key of the command.
  public struct Key: Hashable, Sendable {
    /// Its type and value.
    public var value: Value
    /// Its check value, 3 bytes; none for public keys.
    public var checkValue: [UInt8]

    /// A key and its check value.
    public init(_ value: Value, checkValue: [UInt8] = []) { (self.value, self.checkValue) = (value, checkValue) }

    /// What comes for a key.
    public enum Value: Hashable, Sendable {
      /// Type 88: an AES key of `length` bytes, wrapped under the DEK.
      case aes(length: Int, wrapped: [UInt8])
      /// Type B0: a point of P-256, 65 bytes; F0 00 names the curve.
      case p256(point: [UInt8])
    }
  }

  /// The version of the keys that are replaced; 0 for new ones.
  public let replaces: UInt8
  /// The version of the keys.
  public let version: UInt8
  /// The identifier of the first key; the others follow.
  public let identifier: UInt8
  /// The keys.
  public let keys: [Key]

  /// A command of our own.
  public init(replaces: UInt8 = 0, version: UInt8, identifier: UInt8, keys: [Key]) {
    (self.replaces, self.version, self.identifier, self.keys) = (replaces, version, identifier, keys)
  }

  /// The command.
  public var command: Command {
    var data = [version]
    for key in keys {
      switch key.value {
      case .aes(let length, let wrapped):
        let block = [UInt8(truncatingIfNeeded: length)] + wrapped
        data += [0x88] + lengthValue(block)
      case .p256(let point): data += [0xB0] + lengthValue(point) + [0xF0, 0x01, 0x00]
      }
      data += lengthValue(key.checkValue)
    }
    return Command(
      cla: 0x80, ins: Self.instruction, p1: replaces, p2: identifier | (keys.count > 1 ? 0x80 : 0), data: data, le: 256)
  }

  /// What a command of the given P1, P2 and data brings.
  public init(p1: UInt8, p2: UInt8, data: [UInt8]) throws(CodingError) {
    guard let version = data.first, (1...0x7F).contains(version), p1 <= 0x7F else {
      throw CodingError("a key version is 01 to 7F")
    }
    (replaces, self.version, identifier) = (p1, version, p2 & 0x7F)
    var keys: [Key] = []
    var rest = data.dropFirst()
    while let type = rest.first {
      var reader = LengthValueReader(rest.dropFirst())
      let block = try reader.value("key")
      let value: Key.Value
      switch type {
      case 0x88: value = try Self.aes(block)
      case 0xB0:
        // The curve is a component of its own: F0 with the reference 00 for P-256.
        guard reader.rest.first == 0xF0 else { throw CodingError("the curve of a public key is missing") }
        reader = LengthValueReader(reader.rest.dropFirst())
        guard try reader.value("curve") == [0x00], block.count == 65 else {
          throw CodingError("a public key is a point of P-256")
        }
        value = .p256(point: block)
      default: throw CodingError("keys of type \([type].hex) are not supported")
      }
      keys.append(Key(value, checkValue: try reader.value("key check value")))
      rest = reader.rest
    }
    guard !keys.isEmpty, keys.count == 1 || p2 & 0x80 != 0, Int(identifier) + keys.count <= 0x80 else {
      throw CodingError("the number of keys does not fit P2")
    }
    self.keys = keys
  }

  /// Amendment D §7.2: the length of the key, then the wrapped key. Hosts are about that leave the length out where the
  /// key is whole blocks (§11.8.2.3.1, table 11-71): told apart because the length makes one byte more.
  private static func aes(_ block: [UInt8]) throws(CodingError) -> Key.Value {
    if block.count % 16 == 0, [16, 32].contains(block.count) { return .aes(length: block.count, wrapped: block) }
    guard let length = block.first.map(Int.init), [16, 24, 32].contains(length),
      block.count == 1 + (length + 15) / 16 * 16
    else { throw CodingError("an AES key has 16, 24 or 32 bytes, behind its length and in whole blocks") }
    return .aes(length: length, wrapped: Array(block.dropFirst()))
  }
}
