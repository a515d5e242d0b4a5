import Identifiers

/// The security domains of an eUICC that is managed remotely (SGP.02 §2.2.3, annex H), by identifier and by TAR.
public enum SecurityDomains {
  /// The ISD-R: the SM-SR's end.
  public static let isdr = AID(literal: "A0000005591010FFFFFFFF8900000100")
  /// The ECASD: keeper of the eUICC's keys.
  public static let ecasd = AID(literal: "A0000005591010FFFFFFFF8900000200")
  /// The load file and the module that ISD-Ps are made of.
  public static let isdpFile = AID(literal: "A0000005591010FFFFFFFF8900000D00")
  public static let isdpModule = AID(literal: "A0000005591010FFFFFFFF8900000E00")
  /// Numbers of ISD-Ps.
  public static let isdpNumbers = 0x0010...0xFFFF

  /// The ISD-P with a number of ``isdpNumbers``; nil for another number.
  public static func isdp(_ number: Int) -> AID? {
    guard isdpNumbers.contains(number) else { return nil }
    return try? AID(isdr.bytes.prefix(12) + [0x00, UInt8(number >> 8), UInt8(number & 0xFF), 0x00])
  }

  /// The number of an ISD-P; nil where `aid` is not one.
  public static func isdpNumber(_ aid: AID) -> Int? {
    guard aid.bytes.count == 16, aid.bytes.prefix(13) == isdr.bytes.prefix(13), aid.bytes[15] == 0 else { return nil }
    let number = Int(aid.bytes[13]) << 8 | Int(aid.bytes[14])
    return isdpNumbers.contains(number) ? number : nil
  }

  /// A security domain's toolkit application reference: the 13th to 15th byte of its AID (annex H), 3 bytes.
  public static func tar(of aid: AID) -> [UInt8] { Array(aid.bytes.dropFirst(12).prefix(3)) }

  /// The ISD-P whose TAR is `bytes`; nil where there can be none.
  public static func isdp(tar bytes: [UInt8]) -> AID? {
    guard bytes.count == 3, bytes[0] == 0 else { return nil }
    return isdp(Int(bytes[1]) << 8 | Int(bytes[2]))
  }
}
