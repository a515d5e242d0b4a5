import TLV

extension ES10b {
  /// SGP.22 §5.7.9: lists the envelopes of waiting notifications.
  public enum ListNotification: CardFunction, OutcomeFunction {
    public static let tag: TLVTag = 0xBF28
    public typealias Ok = [NotificationMetadata]
    /// ```
    /// ListNotificationResponse ::= [40] CHOICE {             -- BF28
    ///   notificationMetadataList SEQUENCE OF NotificationMetadata, listNotificationsResultError INTEGER }
    /// ```
    public typealias Response = Outcome<ListNotification>

    /// ```
    /// ListNotificationRequest ::= [40] SEQUENCE {            -- BF28
    ///   profileManagementOperation [1] NotificationEvent OPTIONAL, ... }
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// Only notifications of these events; nil: all.
      public let profileManagementOperation: NamedBits<NotificationEvent>?

      /// Its one field.
      public init(profileManagementOperation: NamedBits<NotificationEvent>? = nil) {
        self.profileManagementOperation = profileManagementOperation
      }

      public static let tag: TLVTag = 0xBF28
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        profileManagementOperation = try reader.readIfPresent(0x81)
      }

      public func encodeFields(to writer: inout TLVWriter) { writer.write(0x81, profileManagementOperation) }
    }

    /// listNotificationsResultError.
    public enum Failure: Int, LenientEnumeration {
      case undefinedError = 127
      public static let unknown = Failure.undefinedError
    }
  }
}
