import Identifiers
import TLV

/// What the SM-DP+ signs when a device change is confirmed (SGP.22 v3.1 §5.7.28).
///
/// ```
/// SmdpSigned5 ::= SEQUENCE {
///   transactionId [0] TransactionId, deviceChangeResponse [1] DeviceChangeResponse OPTIONAL, ... }
/// DeviceChangeResponse ::= CHOICE {
///   deviceChangeData [0] DeviceChangeData, encryptedDeviceChangeData [1] EncryptedDeviceChangeData }
/// ```
///
/// The encrypted form is for eUICCs that say encryptedDeviceChangeDataSupport; ours does not, and refuses it.
public struct SmdpSigned5: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// What is to become of the profile; nil where nothing more is.
  public let deviceChangeData: DeviceChangeData?

  /// Both fields.
  public init(transactionId: TransactionId, deviceChangeData: DeviceChangeData?) {
    (self.transactionId, self.deviceChangeData) = (transactionId, deviceChangeData)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    guard let response = try reader.elementIfPresent(0xA1) else {
      deviceChangeData = nil
      return
    }
    // A choice under an automatic tag keeps its own tag inside.
    var choice = try response.reader()
    deviceChangeData = try choice.read(0xA0)
    try choice.finish()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    guard let deviceChangeData else { return }
    writer.write(0xA1) { writer in writer.write(0xA0, deviceChangeData) }
  }
}

extension Verbatim where Value == SmdpSigned5 {
  /// smdpSignature5 is computed over the concatenated data objects smdpSigned5 and euiccSignature3.
  public func toBeSigned(with euiccSignature3: [UInt8]) -> [UInt8] { encoded + signatureObject(euiccSignature3) }
}

/// What becomes of a profile in a device change.
///
/// ```
/// DeviceChangeData ::= SEQUENCE {
///   iccid Iccid (5A),                                     activationCodeForDc [0] UTF8String (SIZE(0..255)),
///   deleteOldProfile [1] NULL OPTIONAL,                   deleteNotificationForDcSupport [2] NULL OPTIONAL,
///   notificationAddress [3] UTF8String OPTIONAL,          profileRecoverySupport [4] NULL OPTIONAL,
///   profileRecoveryValidityPeriod [5] GeneralizedTime OPTIONAL, ... }
/// ```
public struct DeviceChangeData: TLVSequence, Hashable {
  /// The profile on the old device.
  public var iccid: ICCID
  /// By which the new device gets its own.
  public var activationCodeForDc: String
  /// Whether the old profile is to be deleted before the new device gets one. This house's servers never want it.
  public var deleteOldProfile: Bool
  /// Whether the server takes a proof of that from the new device.
  public var deleteNotificationForDcSupport: Bool
  /// Who takes it.
  public var notificationAddress: String?
  /// Whether the old device may have its profile again where the new one cannot install its own.
  public var profileRecoverySupport: Bool

  /// All fields.
  public init(
    iccid: ICCID, activationCodeForDc: String, deleteOldProfile: Bool = false,
    deleteNotificationForDcSupport: Bool = false, notificationAddress: String? = nil,
    profileRecoverySupport: Bool = false
  ) {
    (self.iccid, self.activationCodeForDc, self.deleteOldProfile) = (iccid, activationCodeForDc, deleteOldProfile)
    self.deleteNotificationForDcSupport = deleteNotificationForDcSupport
    (self.notificationAddress, self.profileRecoverySupport) = (notificationAddress, profileRecoverySupport)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    func flag(_ tag: TLVTag, in reader: inout TLVReader) throws(TLVError) -> Bool {
      guard let element = try reader.elementIfPresent(tag) else { return false }
      guard element.content.isEmpty else { throw .invalid(tag, "a NULL has no content") }
      return true
    }
    iccid = try reader.read(.iccid)
    activationCodeForDc = try reader.text(0x80, atMost: 255)
    deleteOldProfile = try flag(0x81, in: &reader)
    deleteNotificationForDcSupport = try flag(0x82, in: &reader)
    notificationAddress = try reader.textIfPresent(0x83, atMost: Limit.address)
    profileRecoverySupport = try flag(0x84, in: &reader)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.iccid, iccid)
    writer.write(0x80, activationCodeForDc)
    if deleteOldProfile { writer.write(0x81, bytes: []) }
    if deleteNotificationForDcSupport { writer.write(0x82, bytes: []) }
    writer.write(0x83, notificationAddress)
    if profileRecoverySupport { writer.write(0x84, bytes: []) }
  }
}
