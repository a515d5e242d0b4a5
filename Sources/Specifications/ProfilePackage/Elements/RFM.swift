import Bytes
import Identifiers
import TLV

extension PE {
  /// PE-RFM ::= SEQUENCE { rfm-header [0] PEHeader, instanceAID [APPLICATION 15],
  ///   securityDomainAID [APPLICATION 15] OPTIONAL, tarList [0] SEQUENCE OF OCTET STRING (SIZE(3)) OPTIONAL,
  ///   minimumSecurityLevel [1], uiccAccessDomain OCTET STRING, uiccAdminAccessDomain OCTET STRING,
  ///   adfRFMAccess ADFRFMAccess OPTIONAL }: remote file management (§8.8)
  public struct RFM: KnownElement, TLVSequence, Hashable {
    public static let name = "rfm"
    public static let number: UInt32 = 7

    private var peHeader: PEHeader
    /// The instance's identifier.
    public var instanceAID: AID
    /// The domain it belongs to; nil: the MNO-SD.
    public var securityDomainAID: AID?
    /// Toolkit application references, 3 bytes each; nil: bytes 13 to 15 of the identifier.
    public var tarList: [OctetString]?
    /// First byte of the security parameter indicator that a command must have (ETSI TS 102 225).
    public var minimumSecurityLevel: [UInt8]
    /// Access to the files below the MF (ETSI TS 102 226 §8.2.1.3.2.4).
    public var uiccAccessDomain: [UInt8]
    /// Administrative access to the files below the MF.
    public var uiccAdminAccessDomain: [UInt8]
    /// Access to an ADF, which is then selected at first.
    public var adfRFMAccess: ADFRFMAccess?

    /// An element of ours with full access below the MF.
    public init(_ identification: Int, instance: AID, tar: [UInt8], minimumSecurityLevel: UInt8, adf: AID?) {
      (peHeader, instanceAID, tarList) = (PEHeader(identification), instance, [OctetString(tar)])
      (self.minimumSecurityLevel, uiccAccessDomain, uiccAdminAccessDomain) = ([minimumSecurityLevel], [0], [0])
      adfRFMAccess = adf.map(ADFRFMAccess.init(adfAID:))
    }

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      instanceAID = try reader.read(0x4F)
      securityDomainAID = try reader.readIfPresent(0x4F)
      tarList = try reader.readIfPresent(0xA0)
      minimumSecurityLevel = try reader.read(0x81)
      uiccAccessDomain = try reader.read(.octetString)
      uiccAdminAccessDomain = try reader.read(.octetString)
      adfRFMAccess = try reader.readIfPresent(.sequence)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0x4F, instanceAID)
      writer.write(0x4F, securityDomainAID)
      writer.write(0xA0, tarList)
      writer.write(0x81, minimumSecurityLevel)
      writer.write(.octetString, uiccAccessDomain)
      writer.write(.octetString, uiccAdminAccessDomain)
      writer.write(.sequence, adfRFMAccess)
    }
  }
}

/// ADFRFMAccess ::= SEQUENCE { adfAID, adfAccessDomain OCTET STRING, adfAdminAccessDomain OCTET STRING }
public struct ADFRFMAccess: TLVSequence, Hashable {
  /// The ADF's application identifier.
  public var adfAID: AID
  /// Access to its files.
  public var adfAccessDomain: [UInt8]
  /// Administrative access to its files.
  public var adfAdminAccessDomain: [UInt8]
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// Full access (domain 00).
  public init(adfAID: AID) { (self.adfAID, adfAccessDomain, adfAdminAccessDomain) = (adfAID, [0], [0]) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    adfAID = try reader.read(0x80)
    adfAccessDomain = try reader.read(0x81)
    adfAdminAccessDomain = try reader.read(0x82)
    laterFields = try reader.laterFields(from: 3)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, adfAID)
    writer.write(0x81, adfAccessDomain)
    writer.write(0x82, adfAdminAccessDomain)
    writer.write(laterFields)
  }
}

extension PE {
  /// PE-NonStandard ::= SEQUENCE { nonStandard-header PEHeader, issuerID OBJECT IDENTIFIER, content OCTET STRING }
  /// (§8.9)
  public struct NonStandard: KnownElement, TLVSequence, Hashable {
    public static let name = "nonStandard"
    public static let number: UInt32 = 9

    private var peHeader: PEHeader
    /// Who defined the content.
    public var issuerID: OID
    /// What the issuer defined.
    public var content: [UInt8]
    /// Fields of later versions.
    public var laterFields = LaterFields()

    /// An element of ours.
    public init(_ header: PEHeader, issuer: OID, content: [UInt8]) {
      (peHeader, issuerID, self.content) = (header, issuer, content)
    }

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      issuerID = try reader.read(0x81)
      content = try reader.read(0x82)
      laterFields = try reader.laterFields(from: 3)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0x81, issuerID)
      writer.write(0x82, content)
      writer.write(laterFields)
    }
  }

  /// PE-End ::= SEQUENCE { end-header PEHeader }: the last element (§8.10)
  public struct End: KnownElement, TLVSequence, Hashable {
    public static let name = "end"
    public static let number: UInt32 = 10

    private var peHeader: PEHeader
    /// Fields of later versions.
    public var laterFields = LaterFields()

    /// An element of ours.
    public init(_ identification: Int) { peHeader = PEHeader(identification) }

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      laterFields = try reader.laterFields(from: 1)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(laterFields)
    }
  }
}
