import Identifiers
import TLV

/// A profile's description (SGP.22 §5.5.3).
///
/// ```
/// StoreMetadataRequest ::= [37] SEQUENCE {                   -- BF25
///   iccid Iccid,                                   -- 5A
///   serviceProviderName [17] UTF8String (SIZE(0..32)), profileName [18] UTF8String (SIZE(0..64)),
///   iconType [19] IconType OPTIONAL,               icon [20] OCTET STRING (SIZE(0..1024)) OPTIONAL,
///   profileClass [21] ProfileClass DEFAULT operational,
///   notificationConfigurationInfo [22] SEQUENCE OF NotificationConfigurationInformation OPTIONAL,
///   profileOwner [23] OperatorID OPTIONAL,         profilePolicyRules [25] PprIds OPTIONAL, ... }
/// ```
public struct StoreMetadataRequest: TLVMessage, TLVSequence, Hashable {
  /// The profile's number.
  public var iccid: ICCID
  /// Who provides the service: at most 32 characters.
  public var serviceProviderName: String
  /// The profile's short description: at most 64 characters.
  public var profileName: String
  /// The icon's format.
  public var iconType: IconType?
  /// The icon, 64 × 64 pixels: at most 1024 bytes.
  public var icon: [UInt8]?
  /// nil stands for operational.
  public var profileClass: ProfileClass?
  /// Who is notified of what.
  public var notificationConfigurationInfo: [NotificationConfigurationInformation]?
  /// The operator.
  public var profileOwner: OperatorID?
  /// The profile's policy rules.
  public var profilePolicyRules: PprIds?

  /// The mandatory fields and the usual ones; the others are set afterwards.
  public init(
    iccid: ICCID, serviceProviderName: String, profileName: String, profileClass: ProfileClass? = nil,
    notificationConfigurationInfo: [NotificationConfigurationInformation]? = nil, profileOwner: OperatorID? = nil,
    profilePolicyRules: PprIds? = nil
  ) {
    (self.iccid, self.serviceProviderName, self.profileName) = (iccid, serviceProviderName, profileName)
    self.profileClass = profileClass
    self.notificationConfigurationInfo = notificationConfigurationInfo
    (self.profileOwner, self.profilePolicyRules) = (profileOwner, profilePolicyRules)
  }

  public static let tag: TLVTag = 0xBF25
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    iccid = try reader.read(.iccid)
    serviceProviderName = try reader.text(0x91, atMost: 32)
    profileName = try reader.text(0x92, atMost: 64)
    iconType = try reader.readIfPresent(0x93)
    icon = try reader.octetsIfPresent(0x94, 0...1024)
    // SGP.22 §5.5.3: icon SHALL only be present if iconType is present.
    guard icon == nil || iconType != nil else { throw .invalid(0x94, "an icon needs its type") }
    profileClass = try reader.readIfPresent(0x95)
    notificationConfigurationInfo = try reader.readIfPresent(0xB6)
    profileOwner = try reader.readIfPresent(0xB7)
    profilePolicyRules = try reader.readIfPresent(0x99)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.iccid, iccid)
    writer.write(0x91, serviceProviderName)
    writer.write(0x92, profileName)
    writer.write(0x93, iconType)
    writer.write(0x94, icon)
    writer.write(0x95, profileClass)
    writer.write(0xB6, notificationConfigurationInfo)
    writer.write(0xB7, profileOwner)
    writer.write(0x99, profilePolicyRules)
  }
}

/// An icon's format.
public enum IconType: Int, TLVEnumeration, Hashable { case jpg, png }
/// Whether a profile is in use.
public enum ProfileState: Int, TLVEnumeration, Hashable { case disabled, enabled }
/// What a profile is for.
public enum ProfileClass: Int, TLVEnumeration, Hashable, CaseIterable { case test, provisioning, operational }
