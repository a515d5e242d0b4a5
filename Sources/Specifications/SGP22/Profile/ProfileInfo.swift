import Identifiers
import TLV

/// An installed profile, as ES10c.GetProfilesInfo tells it (SGP.22 §5.7.15); each field only where it was asked for.
///
/// ```
/// ProfileInfo ::= [PRIVATE 3] SEQUENCE {                     -- E3; every field OPTIONAL
///   iccid Iccid (5A),                      isdpAid [APPLICATION 15] OctetTo16 (4F),
///   profileState [112] ProfileState (9F70), profileNickname [16] UTF8String (SIZE(0..64)),
///   serviceProviderName [17], profileName [18], iconType [19], icon [20], profileClass [21],
///   notificationConfigurationInfo [22], profileOwner [23] OperatorID,
///   dpProprietaryData [24] DpProprietaryData, profilePolicyRules [25] PprIds, ... }
/// ```
public struct ProfileInfo: TLVMessage, TLVSequence, Hashable {
  /// The profile's number.
  public var iccid: ICCID?
  /// Its ISD-P.
  public var isdpAid: AID?
  /// Enabled or disabled.
  public var profileState: ProfileState?
  /// The user's name for it.
  public var profileNickname: String?
  /// Who provides the service.
  public var serviceProviderName: String?
  /// Its short description.
  public var profileName: String?
  /// The icon's format.
  public var iconType: IconType?
  /// The icon.
  public var icon: [UInt8]?
  /// What it is for.
  public var profileClass: ProfileClass?
  /// Who is notified of what.
  public var notificationConfigurationInfo: [NotificationConfigurationInformation]?
  /// The operator.
  public var profileOwner: OperatorID?
  /// The SM-DP+'s own data.
  public var dpProprietaryData: DpProprietaryData?
  /// The policy rules.
  public var profilePolicyRules: PprIds?

  /// Nothing told yet.
  public init() {}

  public static let tag: TLVTag = 0xE3
  public static let isExtensible = true

  /// SGP.22 §5.7.15: the tags that are answered where the request names none.
  public static let defaultTags: [TLVTag] = [0x5A, 0x4F, 0x9F70, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95]

  public init(fields reader: inout TLVReader) throws(TLVError) {
    iccid = try reader.readIfPresent(.iccid)
    isdpAid = try reader.readIfPresent(.isdpAid)
    profileState = try reader.readIfPresent(0x9F70)
    profileNickname = try reader.textIfPresent(0x90, atMost: 64)
    serviceProviderName = try reader.textIfPresent(0x91, atMost: 32)
    profileName = try reader.textIfPresent(0x92, atMost: 64)
    iconType = try reader.readIfPresent(0x93)
    icon = try reader.octetsIfPresent(0x94, 0...1024)
    profileClass = try reader.readIfPresent(0x95)
    notificationConfigurationInfo = try reader.readIfPresent(0xB6)
    profileOwner = try reader.readIfPresent(0xB7)
    dpProprietaryData = try reader.readIfPresent(0xB8)
    profilePolicyRules = try reader.readIfPresent(0x99)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.iccid, iccid)
    writer.write(.isdpAid, isdpAid)
    writer.write(0x9F70, profileState)
    writer.write(0x90, profileNickname)
    writer.write(0x91, serviceProviderName)
    writer.write(0x92, profileName)
    writer.write(0x93, iconType)
    writer.write(0x94, icon)
    writer.write(0x95, profileClass)
    writer.write(0xB6, notificationConfigurationInfo)
    writer.write(0xB7, profileOwner)
    writer.write(0xB8, dpProprietaryData)
    writer.write(0x99, profilePolicyRules)
  }
}
