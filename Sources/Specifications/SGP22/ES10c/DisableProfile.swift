import TLV

extension ES10c {
  /// SGP.22 §5.7.17: disables a profile.
  public enum DisableProfile: CardFunction, ResultFunction {
    public static let tag: TLVTag = 0xBF32
    public typealias Response = ResultMessage<DisableProfile>

    /// ```
    /// DisableProfileRequest ::= [50] SEQUENCE {               -- BF32
    ///   profileIdentifier CHOICE { isdpAid (4F), iccid (5A) }, refreshFlag BOOLEAN, ... }   -- A0, 81
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// Which profile.
      public let profileIdentifier: ProfileIdentifier
      /// Whether the eUICC must make the device read the card anew (REFRESH).
      public let refreshFlag: Bool

      /// Both fields.
      public init(profileIdentifier: ProfileIdentifier, refreshFlag: Bool) {
        (self.profileIdentifier, self.refreshFlag) = (profileIdentifier, refreshFlag)
      }

      public static let tag: TLVTag = 0xBF32
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        profileIdentifier = try reader.read(0xA0)
        refreshFlag = try reader.read(0x81)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0xA0, profileIdentifier)
        writer.write(0x81, refreshFlag)
      }
    }

    /// disableResult.
    public enum Result: Int, LenientEnumeration {
      case ok, iccidOrAidNotFound, profileNotInEnabledState, disallowedByPolicy
      case catBusy = 5
      case undefinedError = 127
      public static let unknown = Result.undefinedError
    }
  }
}
