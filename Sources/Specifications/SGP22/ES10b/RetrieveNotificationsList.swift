import TLV

extension ES10b {
  /// SGP.22 §5.7.10: gives waiting notifications, signed.
  public enum RetrieveNotificationsList: CardFunction, OutcomeFunction {
    public static let tag: TLVTag = 0xBF2B
    public typealias Ok = [PendingNotification]
    /// ```
    /// RetrieveNotificationsListResponse ::= [43] CHOICE {    -- BF2B
    ///   notificationList SEQUENCE OF PendingNotification, notificationsListResultError INTEGER }
    /// ```
    public typealias Response = Outcome<RetrieveNotificationsList>

    /// ```
    /// RetrieveNotificationsListRequest ::= [43] SEQUENCE {   -- BF2B
    ///   searchCriteria CHOICE {                              -- A0
    ///     seqNumber [0] INTEGER, profileManagementOperation [1] NotificationEvent } OPTIONAL, ... }
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// Which notifications; nil: all.
      public let searchCriteria: SearchCriteria?

      /// Its one field.
      public init(searchCriteria: SearchCriteria? = nil) { self.searchCriteria = searchCriteria }

      public static let tag: TLVTag = 0xBF2B
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        searchCriteria = try reader.readIfPresent(0xA0)
      }

      public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, searchCriteria) }
    }

    /// The search criteria's CHOICE.
    public enum SearchCriteria: TLVContent, Hashable {
      case seqNumber(Int)
      case profileManagementOperation(NamedBits<NotificationEvent>)

      public init(_ element: TLVElement) throws(TLVError) {
        var reader = try element.reader()
        if let number = try reader.readIfPresent(0x80, as: Int.self) {
          self = .seqNumber(number)
        } else {
          self = .profileManagementOperation(try reader.read(0x81))
        }
        try reader.finish()
      }

      public func encodeContent(to writer: inout TLVWriter) {
        switch self {
        case .seqNumber(let number): writer.write(0x80, number)
        case .profileManagementOperation(let events): writer.write(0x81, events)
        }
      }
    }

    /// notificationsListResultError.
    public enum Failure: Int, LenientEnumeration {
      case noResultAvailable = 1
      case undefinedError = 127
      public static let unknown = Failure.undefinedError
    }
  }
}
