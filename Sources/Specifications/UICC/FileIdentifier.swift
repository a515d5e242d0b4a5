import Bytes

/// A file's two-byte identifier (ETSI TS 102 221 §8.3).
public struct FileIdentifier: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The two bytes as one number.
  public let rawValue: UInt16

  /// The identifier whose bytes are `rawValue`, most significant first.
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public init(integerLiteral value: UInt16) { self.init(rawValue: value) }

  /// The identifier in two bytes; nil for any other length.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 2, let value = UInt16(bigEndian: bytes) else { return nil }
    self.init(rawValue: value)
  }

  /// The identifiers of a path, two bytes each; nil where a byte is left over.
  public static func path(_ bytes: some Collection<UInt8>) -> [FileIdentifier]? {
    let all = Array(bytes)
    guard all.count % 2 == 0 else { return nil }
    return stride(from: 0, to: all.count, by: 2).map {
      FileIdentifier(rawValue: UInt16(all[$0]) << 8 | UInt16(all[$0 + 1]))
    }
  }

  /// The two bytes.
  public var bytes: [UInt8] { rawValue.bigEndianBytes }

  public var description: String { bytes.hex }
}

extension FileIdentifier {
  /// The master file.
  public static let mf: FileIdentifier = 0x3F00
  /// The ADF of the channel's current application (§8.3).
  public static let currentADF: FileIdentifier = 0x7FFF
  /// EF.DIR: the applications on the card (§13.1).
  public static let dir: FileIdentifier = 0x2F00
  /// EF.ICCID (§13.2).
  public static let iccid: FileIdentifier = 0x2FE2
  /// EF.PL: preferred languages (§13.3).
  public static let preferredLanguages: FileIdentifier = 0x2F05
  /// EF.ARR at the MF: the access rules (§13.4).
  public static let accessRules: FileIdentifier = 0x2F06
  /// EF.ARR in an ADF or DF (TS 31.102 §4.2.55).
  public static let localAccessRules: FileIdentifier = 0x6F06
  /// EF.IMSI of a USIM (TS 31.102 §4.2.2).
  public static let imsi: FileIdentifier = 0x6F07
  /// EF.AD of a USIM: administrative data (TS 31.102 §4.2.18).
  public static let administrativeData: FileIdentifier = 0x6FAD
}

/// A short file identifier in a file's control parameters: tag 88 (ETSI TS 102 221 §11.1.1.4.8).
public enum ShortFileIdentifier: Hashable, Sendable {
  /// Tag 88 without a value: the file has none.
  case none
  /// 1 to 30.
  case number(UInt8)
}
