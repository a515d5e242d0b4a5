import TLV

extension ES10b {
  /// SGP.22 §5.7.11: forgets a notification that was delivered.
  public enum RemoveNotificationFromList: CardFunction, ResultFunction {
    public static let tag: TLVTag = 0xBF30
    public typealias Response = ResultMessage<RemoveNotificationFromList>

    /// ```
    /// NotificationSentRequest ::= [48] SEQUENCE { seqNumber [0] INTEGER, ... }   -- BF30
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// The notification's number.
      public let seqNumber: Int

      /// Its one field.
      public init(seqNumber: Int) { self.seqNumber = seqNumber }

      public static let tag: TLVTag = 0xBF30
      public static let isExtensible = true
      public init(fields reader: inout TLVReader) throws(TLVError) { seqNumber = try reader.read(0x80) }
      public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, seqNumber) }
    }

    /// deleteNotificationStatus.
    public enum Result: Int, LenientEnumeration {
      case ok, nothingToDelete
      case undefinedError = 127
      public static let unknown = Result.undefinedError
    }
  }
}
