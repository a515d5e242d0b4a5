import CircleOfTrust
import TLV

/// What the eUICC tells an authenticated server about itself (SGP.22 §5.7.8).
///
/// ```
/// EUICCInfo2 ::= [34] SEQUENCE {                             -- BF22
///   profileVersion [1] VersionType,      svn [2] VersionType,
///   euiccFirmwareVer [3] VersionType,    extCardResource [4] OCTET STRING,   -- TS 102 226
///   uiccCapability [5] UICCCapability,   javacardVersion [6] VersionType OPTIONAL,
///   globalplatformVersion [7] VersionType OPTIONAL,
///   rspCapability [8] RspCapability,
///   euiccCiPKIdListForVerification [9] SEQUENCE OF SubjectKeyIdentifier,
///   euiccCiPKIdListForSigning [10] SEQUENCE OF SubjectKeyIdentifier,
///   euiccCategory [11] INTEGER OPTIONAL, forbiddenProfilePolicyRules [25] PprIds OPTIONAL,
///   ppVersion VersionType,               -- tag 04: this SEQUENCE has tags of its own, so none are automatic
///   sasAcreditationNumber UTF8String (SIZE(0..64)),
///   certificationDataObject [12] CertificationDataObject OPTIONAL, ... }
/// ```
public struct EUICCInfo2: TLVMessage, TLVSequence, Hashable {
  /// Version of the profile package specification that it installs.
  public var profileVersion: VersionType
  /// Version of SGP.22 (v3: the lowest).
  public var svn: VersionType
  /// Its firmware.
  public var euiccFirmwareVer: VersionType
  /// Extended card resources: see ``ExtCardResource``.
  public var extCardResource: [UInt8]
  /// What its profiles may use.
  public var uiccCapability: NamedBits<UICCCapability>
  /// Version of Java Card.
  public var javacardVersion: VersionType?
  /// Version of GlobalPlatform.
  public var globalplatformVersion: VersionType?
  /// What it can do for remote provisioning.
  public var rspCapability: NamedBits<RspCapability>
  /// The CI keys that it can verify with.
  public var euiccCiPKIdListForVerification: [KeyIdentifier]
  /// The CI keys that certify its own certificates.
  public var euiccCiPKIdListForSigning: [KeyIdentifier]
  /// How much memory a device of its kind has.
  public var euiccCategory: EuiccCategory?
  /// Policy rules that no profile may carry here.
  public var forbiddenProfilePolicyRules: PprIds?
  /// Version of the protection profile.
  public var ppVersion: VersionType
  /// The production site's accreditation number.
  public var sasAcreditationNumber: String
  /// Where its certification is told.
  public var certificationDataObject: CertificationDataObject?

  /// The mandatory fields; the optional ones are set afterwards.
  public init(
    profileVersion: VersionType, svn: VersionType, euiccFirmwareVer: VersionType, extCardResource: [UInt8],
    uiccCapability: NamedBits<UICCCapability>, rspCapability: NamedBits<RspCapability>,
    euiccCiPKIdListForVerification: [KeyIdentifier], euiccCiPKIdListForSigning: [KeyIdentifier],
    ppVersion: VersionType, sasAcreditationNumber: String
  ) {
    (self.profileVersion, self.svn, self.euiccFirmwareVer) = (profileVersion, svn, euiccFirmwareVer)
    (self.extCardResource, self.uiccCapability, self.rspCapability) = (extCardResource, uiccCapability, rspCapability)
    self.euiccCiPKIdListForVerification = euiccCiPKIdListForVerification
    self.euiccCiPKIdListForSigning = euiccCiPKIdListForSigning
    (self.ppVersion, self.sasAcreditationNumber) = (ppVersion, sasAcreditationNumber)
  }

  public static let tag: TLVTag = 0xBF22
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    profileVersion = try reader.read(0x81)
    svn = try reader.read(0x82)
    euiccFirmwareVer = try reader.read(0x83)
    extCardResource = try reader.octets(0x84, 0...255)
    uiccCapability = try reader.read(0x85)
    javacardVersion = try reader.readIfPresent(0x86)
    globalplatformVersion = try reader.readIfPresent(0x87)
    rspCapability = try reader.read(0x88)
    euiccCiPKIdListForVerification = try reader.read(0xA9)
    euiccCiPKIdListForSigning = try reader.read(0xAA)
    euiccCategory = try reader.readIfPresent(0x8B)
    forbiddenProfilePolicyRules = try reader.readIfPresent(0x99)
    ppVersion = try reader.read(.octetString)
    sasAcreditationNumber = try reader.text(.utf8String, atMost: 64)
    certificationDataObject = try reader.readIfPresent(0xAC)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x81, profileVersion)
    writer.write(0x82, svn)
    writer.write(0x83, euiccFirmwareVer)
    writer.write(0x84, extCardResource)
    writer.write(0x85, uiccCapability)
    writer.write(0x86, javacardVersion)
    writer.write(0x87, globalplatformVersion)
    writer.write(0x88, rspCapability)
    writer.write(0xA9, euiccCiPKIdListForVerification)
    writer.write(0xAA, euiccCiPKIdListForSigning)
    writer.write(0x8B, euiccCategory)
    writer.write(0x99, forbiddenProfilePolicyRules)
    writer.write(.octetString, ppVersion)
    writer.write(.utf8String, sasAcreditationNumber)
    writer.write(0xAC, certificationDataObject)
  }
}

/// The bits of RspCapability; those from 4 on are of later versions.
public enum RspCapability: Int, CaseIterable, Sendable {
  case additionalProfile, crlSupport, rpmSupport, testProfileSupport, deviceInfoExtensibilitySupport
  case serviceSpecificDataSupport
  case deviceChangeSupport = 11
}

/// The bits of UICCCapability.
public enum UICCCapability: Int, CaseIterable, Sendable {
  case contactlessSupport, usimSupport, isimSupport, csimSupport
  case akaMilenage, akaCave, akaTuak128, akaTuak256
  case gbaAuthenUsim = 10
  case gbaAuthenISim, mbmsAuthenUsim, eapClient
  case javacard, multos, multipleUsimSupport, multipleIsimSupport, multipleCsimSupport
}

/// EUICCInfo2's euiccCategory.
public enum EuiccCategory: Int, LenientEnumeration {
  case other, basicEuicc, mediumEuicc, contactlessEuicc
  public static let unknown = EuiccCategory.other
}

/// ```
/// CertificationDataObject ::= SEQUENCE { platformLabel UTF8String, discoveryBaseURL UTF8String, ... }
/// ```
public struct CertificationDataObject: TLVSequence, Hashable {
  /// The platform's label (GlobalPlatform DLOA).
  public var platformLabel: String
  /// Where the registrar is found.
  public var discoveryBaseURL: String

  /// Both fields.
  public init(platformLabel: String, discoveryBaseURL: String) {
    (self.platformLabel, self.discoveryBaseURL) = (platformLabel, discoveryBaseURL)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    platformLabel = try reader.text(0x80, atMost: 256)
    discoveryBaseURL = try reader.text(0x81, atMost: 1024)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, platformLabel)
    writer.write(0x81, discoveryBaseURL)
  }
}
