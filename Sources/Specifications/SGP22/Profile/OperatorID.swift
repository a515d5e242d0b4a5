import Identifiers
import TLV

/// Who owns a profile (SGP.22 §5.7.15).
///
/// ```
/// OperatorID ::= SEQUENCE { mccMnc OCTET STRING (SIZE(3)), gid1 OCTET STRING OPTIONAL, gid2 OCTET STRING OPTIONAL, ... }
/// ```
public struct OperatorID: TLVMessage, TLVSequence, Hashable {
  /// MCC and MNC in three bytes; nibble E stands for any digit in a rule (§2.9.2.1).
  public var mccMnc: [UInt8]
  /// Content of EF.GID1; empty in a rule: any.
  public var gid1: [UInt8]?
  /// Content of EF.GID2; empty in a rule: any.
  public var gid2: [UInt8]?

  /// All fields.
  public init(mccMnc: [UInt8], gid1: [UInt8]? = nil, gid2: [UInt8]? = nil) {
    (self.mccMnc, self.gid1, self.gid2) = (mccMnc, gid1, gid2)
  }

  /// A network's operator.
  public init(_ plmn: PLMN, gid1: [UInt8]? = nil, gid2: [UInt8]? = nil) {
    self.init(mccMnc: plmn.bytes, gid1: gid1, gid2: gid2)
  }

  public static let tag = TLVTag.sequence
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    mccMnc = try reader.octets(0x80, 3...3)
    gid1 = try reader.octetsIfPresent(0x81, 0...64)
    gid2 = try reader.octetsIfPresent(0x82, 0...64)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, mccMnc)
    writer.write(0x81, gid1)
    writer.write(0x82, gid2)
  }
}
