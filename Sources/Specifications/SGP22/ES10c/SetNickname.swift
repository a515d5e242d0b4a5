import Identifiers
import TLV

extension ES10c {
  /// SGP.22 §5.7.21: gives a profile the user's name for it.
  public enum SetNickname: CardFunction, ResultFunction {
    public static let tag: TLVTag = 0xBF29
    public typealias Response = ResultMessage<SetNickname>

    /// ```
    /// SetNicknameRequest ::= [41] SEQUENCE {                 -- BF29
    ///   iccid Iccid, profileNickname [16] UTF8String (SIZE(0..64)), ... }
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// The profile.
      public let iccid: ICCID
      /// At most 64 characters; empty removes the name.
      public let profileNickname: String

      /// Both fields.
      public init(iccid: ICCID, profileNickname: String) {
        (self.iccid, self.profileNickname) = (iccid, profileNickname)
      }

      public static let tag: TLVTag = 0xBF29
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        iccid = try reader.read(.iccid)
        profileNickname = try reader.text(0x90, atMost: 64)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(.iccid, iccid)
        writer.write(0x90, profileNickname)
      }
    }

    /// setNicknameResult.
    public enum Result: Int, LenientEnumeration {
      case ok, iccidNotFound
      case undefinedError = 127
      public static let unknown = Result.undefinedError
    }
  }
}
