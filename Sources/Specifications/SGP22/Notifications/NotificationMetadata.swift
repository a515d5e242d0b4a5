import Identifiers
import TLV

/// A notification's envelope (SGP.22 §5.7.9).
///
/// ```
/// NotificationMetadata ::= [47] SEQUENCE {                   -- BF2F
///   seqNumber [0] INTEGER, profileManagementOperation [1] NotificationEvent,   -- one bit
///   notificationAddress UTF8String, iccid Iccid OPTIONAL, ... }
/// ```
public struct NotificationMetadata: TLVMessage, TLVSequence, Hashable {
  /// Counts up with every notification of the eUICC.
  public let seqNumber: Int
  /// What happened: one bit.
  public let profileManagementOperation: NamedBits<NotificationEvent>
  /// The receiver's host name.
  public let notificationAddress: String
  /// The profile it happened to.
  public let iccid: ICCID?

  /// All fields.
  public init(seqNumber: Int, event: NotificationEvent, notificationAddress: String, iccid: ICCID?) {
    self.seqNumber = seqNumber
    self.profileManagementOperation = [event]
    self.notificationAddress = notificationAddress
    self.iccid = iccid
  }

  public static let tag: TLVTag = 0xBF2F
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    seqNumber = try reader.read(0x80)
    profileManagementOperation = try reader.read(0x81)
    notificationAddress = try reader.text(.utf8String, atMost: Limit.address)
    iccid = try reader.readIfPresent(.iccid)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, seqNumber)
    writer.write(0x81, profileManagementOperation)
    writer.write(.utf8String, notificationAddress)
    writer.write(.iccid, iccid)
  }
}
