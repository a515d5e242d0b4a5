import TLV

/// What the device asks of the eUICC in order to enable or disable a profile (SGP.22 §5.7.16, §5.7.17).
///
/// ```
/// SEQUENCE { profileIdentifier CHOICE { isdpAid (4F), iccid (5A) }, refreshFlag BOOLEAN, ... }   -- A0, 81
/// ```
public struct ProfileStateRequest<Function: ResultFunction>: TLVMessage, TLVSequence, Hashable {
  /// Which profile.
  public let profileIdentifier: ProfileIdentifier
  /// Whether the eUICC must make the device read the card anew (REFRESH).
  public let refreshFlag: Bool

  /// Both fields.
  public init(profileIdentifier: ProfileIdentifier, refreshFlag: Bool) {
    (self.profileIdentifier, self.refreshFlag) = (profileIdentifier, refreshFlag)
  }

  public static var tag: TLVTag { Function.tag }
  public static var isExtensible: Bool { true }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    profileIdentifier = try reader.read(0xA0)
    refreshFlag = try reader.read(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, profileIdentifier)
    writer.write(0x81, refreshFlag)
  }
}
