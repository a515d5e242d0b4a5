import TLV

extension ES10c {
  /// SGP.22 §5.7.18: deletes a profile with everything in it.
  public enum DeleteProfile: CardFunction, ResultFunction {
    public static let tag: TLVTag = 0xBF33
    public typealias Response = ResultMessage<DeleteProfile>

    /// ```
    /// DeleteProfileRequest ::= [51] CHOICE { isdpAid (4F), iccid (5A) }   -- BF33
    /// ```
    public struct Request: TLVMessage, Hashable {
      /// Which profile.
      public let profileIdentifier: ProfileIdentifier

      /// Its one field.
      public init(profileIdentifier: ProfileIdentifier) { self.profileIdentifier = profileIdentifier }

      public static let tag: TLVTag = 0xBF33
      public init(_ element: TLVElement) throws(TLVError) { profileIdentifier = try ProfileIdentifier(element) }
      public func encodeContent(to writer: inout TLVWriter) { profileIdentifier.encodeContent(to: &writer) }
    }

    /// deleteResult.
    public enum Result: Int, LenientEnumeration {
      case ok, iccidOrAidNotFound, profileNotInDisabledState, disallowedByPolicy
      case undefinedError = 127
      public static let unknown = Result.undefinedError
    }
  }
}
