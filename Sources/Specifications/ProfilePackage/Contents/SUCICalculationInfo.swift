import Bytes
import TLV

/// EF.SUCI_Calc_Info: the home network's protection schemes and public keys (TS 31.102 §4.4.11.8, TS 33.501 Annex C).
public struct SUCICalculationInfo: Hashable, Sendable {
  /// A protection scheme (TS 33.501 Annex C).
  public enum Scheme: UInt8, Sendable, CaseIterable {
    /// The identity stays as it is.
    case null = 0
    /// X25519.
    case profileA = 1
    /// P-256.
    case profileB = 2
  }

  /// A scheme and the key it uses.
  public struct Choice: Hashable, Sendable {
    /// The scheme.
    public var scheme: Scheme
    /// Place of the key in the list, from 1; 0 for the null scheme.
    public var keyIndex: UInt8
    /// A scheme with the key at `keyIndex`.
    public init(_ scheme: Scheme, keyIndex: UInt8) { (self.scheme, self.keyIndex) = (scheme, keyIndex) }
  }

  /// A home network public key.
  public struct Key: Hashable, Sendable {
    /// Home network public key identifier: 0 to 255.
    public var identifier: UInt8
    /// 32 bytes for profile A; 33 (compressed) or 65 for profile B.
    public var bytes: [UInt8]
    /// A key under its identifier.
    public init(_ identifier: UInt8, _ bytes: [UInt8]) { (self.identifier, self.bytes) = (identifier, bytes) }
  }

  /// The schemes, most wanted first.
  public var schemes: [Choice]
  /// The keys that the schemes refer to by their places.
  public var keys: [Key]

  /// Schemes, most wanted first, and their keys.
  public init(schemes: [Choice], keys: [Key]) { (self.schemes, self.keys) = (schemes, keys) }

  /// The list in a file, which is filled with FF; nil where it is none.
  public init?(_ content: [UInt8]) {
    var reader = TLVReader(content)
    guard let list = try? reader.element(0xA0), list.content.count % 2 == 0 else { return nil }
    let pairs = Array(list.content)
    schemes = []
    for place in stride(from: 0, to: pairs.count, by: 2) {
      guard let scheme = Scheme(rawValue: pairs[place]) else { return nil }
      schemes.append(Choice(scheme, keyIndex: pairs[place + 1]))
    }
    keys = []
    guard let keyList = try? reader.elementIfPresent(0xA1) else { return }
    guard let parts = try? keyList.children(), parts.count % 2 == 0 else { return nil }
    for place in stride(from: 0, to: parts.count, by: 2) {
      guard parts[place].tag == 0x80, let identifier = parts[place].content.first, parts[place + 1].tag == 0x81 else {
        return nil
      }
      keys.append(Key(identifier, Array(parts[place + 1].content)))
    }
  }

  /// The list without filling.
  public var bytes: [UInt8] {
    var writer = TLVWriter()
    writer.write(0xA0, bytes: schemes.flatMap { [$0.scheme.rawValue, $0.keyIndex] })
    if !keys.isEmpty {
      writer.write(0xA1) { writer in
        for key in keys {
          writer.write(0x80, bytes: [key.identifier])
          writer.write(0x81, bytes: key.bytes)
        }
      }
    }
    return writer.bytes
  }
}
