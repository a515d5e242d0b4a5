import TLV

/// The bits of NotificationEvent: what happened to a profile (v3 adds remote management).
public enum NotificationEvent: Int, CaseIterable, Sendable {
  case notificationInstall, notificationEnable, notificationDisable, notificationDelete
}

/// Whom to notify of what (SGP.22 §5.5.3).
///
/// ```
/// NotificationConfigurationInformation ::= SEQUENCE {
///   profileManagementOperation NotificationEvent, notificationAddress UTF8String, ... }
/// ```
public struct NotificationConfigurationInformation: TLVMessage, TLVSequence, Hashable {
  /// On which events.
  public var profileManagementOperation: NamedBits<NotificationEvent>
  /// The receiver's host name.
  public var notificationAddress: String

  /// Both fields.
  public init(profileManagementOperation: NamedBits<NotificationEvent>, notificationAddress: String) {
    self.profileManagementOperation = profileManagementOperation
    self.notificationAddress = notificationAddress
  }

  public static let tag = TLVTag.sequence
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    profileManagementOperation = try reader.read(0x80)
    notificationAddress = try reader.text(0x81, atMost: Limit.address)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, profileManagementOperation)
    writer.write(0x81, notificationAddress)
  }
}
