import Bytes
import Identifiers
import TLV

extension PE {
  /// PE-SecurityDomain ::= SEQUENCE { sd-Header PEHeader, instance ApplicationInstance,
  ///   keyList SEQUENCE OF KeyObject OPTIONAL, sdPersoData SEQUENCE OF OCTET STRING OPTIONAL,
  ///   openPersoData OPTIONAL, catTpParameters OPTIONAL } (§8.6). The first one of a package is the MNO-SD.
  public struct SecurityDomain: KnownElement, TLVSequence, Hashable {
    public static let name = "securityDomain"
    public static let number: UInt32 = 6

    private var peHeader: PEHeader
    /// The domain as an application.
    public var instance: ApplicationInstance
    /// Its keys.
    public var keyList: [KeyObject]?
    /// Contents of STORE DATA commands in the DGI format, one DGI each.
    public var sdPersoData: [OctetString]?
    /// Parameters for the card's OPEN.
    public var openPersoData: OpenPersoData?
    /// Sizes of CAT_TP.
    public var catTpParameters: CatTpParameters?
    /// Fields of later versions.
    public var laterFields = LaterFields()

    /// An element of ours.
    public init(_ identification: Int, _ instance: ApplicationInstance) {
      (peHeader, self.instance) = (PEHeader(identification), instance)
    }

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      instance = try reader.read(0xA1)
      keyList = try reader.readIfPresent(0xA2)
      sdPersoData = try reader.readIfPresent(0xA3)
      openPersoData = try reader.readIfPresent(0xA4)
      catTpParameters = try reader.readIfPresent(0xA5)
      laterFields = try reader.laterFields(from: 6)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0xA1, instance)
      writer.write(0xA2, keyList)
      writer.write(0xA3, sdPersoData)
      writer.write(0xA4, openPersoData)
      writer.write(0xA5, catTpParameters)
      writer.write(laterFields)
    }
  }
}

extension PE.SecurityDomain {
  /// SEQUENCE { restrictParameter [PRIVATE 25] OPTIONAL, contactlessProtocolParameters OCTET STRING OPTIONAL }
  public struct OpenPersoData: TLVSequence, Hashable {
    /// One byte (GlobalPlatform Amendment C).
    public var restrictParameter: [UInt8]?
    /// Contactless protocol parameters (GlobalPlatform Amendment C).
    public var contactlessProtocolParameters: [UInt8]?

    public init(fields reader: inout TLVReader) throws(TLVError) {
      restrictParameter = try reader.readIfPresent(0xD9)
      contactlessProtocolParameters = try reader.readIfPresent(.octetString)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xD9, restrictParameter)
      writer.write(.octetString, contactlessProtocolParameters)
    }
  }

  /// SEQUENCE { catTpMaxSduSize UInt16, catTpMaxPduSize UInt16 }
  public struct CatTpParameters: TLVSequence, Hashable {
    /// Largest service data unit in bytes.
    public var maxSduSize: Int
    /// Largest protocol data unit in bytes.
    public var maxPduSize: Int

    public init(fields reader: inout TLVReader) throws(TLVError) {
      maxSduSize = try reader.read(0x80)
      maxPduSize = try reader.read(0x81)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, maxSduSize)
      writer.write(0x81, maxPduSize)
    }
  }
}

/// KeyObject ::= SEQUENCE { keyUsageQualifier [21], keyAccess [22] DEFAULT '00'H, keyIdentifier [2],
///   keyVersionNumber [3], keyCounterValue [5] OPTIONAL, keyComponents SEQUENCE OF KeyComponent } (§8.6.3)
public struct KeyObject: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = .sequence

  /// What the key is for: 1 or 2 bytes (GlobalPlatform Card Specification §11.1.9).
  public var keyUsageQualifier: [UInt8]
  /// Who may use it; nil stands for 00: the domain and its applications.
  public var keyAccess: [UInt8]?
  /// Key identifier: one byte.
  public var keyIdentifier: [UInt8]
  /// Key version number: one byte.
  public var keyVersionNumber: [UInt8]
  /// First value of the key's counter.
  public var keyCounterValue: [UInt8]?
  /// The key's parts.
  public var keyComponents: [KeyComponent]

  /// A symmetric key of one component.
  public init(usage: UInt8, identifier: UInt8, version: UInt8, type: UInt8, data: Secret) {
    (keyUsageQualifier, keyIdentifier, keyVersionNumber) = ([usage], [identifier], [version])
    keyComponents = [KeyComponent(type: type, data: data)]
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    keyUsageQualifier = try reader.read(0x95)
    keyAccess = try reader.readIfPresent(0x96)
    keyIdentifier = try reader.read(0x82)
    keyVersionNumber = try reader.read(0x83)
    keyCounterValue = try reader.readIfPresent(0x85)
    keyComponents = try reader.read(.sequence)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x95, keyUsageQualifier)
    writer.write(0x96, keyAccess)
    writer.write(0x82, keyIdentifier)
    writer.write(0x83, keyVersionNumber)
    writer.write(0x85, keyCounterValue)
    writer.write(.sequence, keyComponents)
  }
}

/// SEQUENCE { keyType [0], keyData [6], macLength [7] UInt8 DEFAULT 8 }
public struct KeyComponent: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = .sequence

  /// GlobalPlatform's key type: 80 DES, 82 triple DES in CBC, 88 AES.
  public var keyType: [UInt8]
  /// The key.
  public var keyData: Secret
  /// Bytes of a MAC made with the key; nil stands for 8.
  public var macLength: Int?

  /// A key of GlobalPlatform's `type`.
  public init(type: UInt8, data: Secret) { (keyType, keyData) = ([type], data) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    keyType = try reader.read(0x80)
    keyData = try reader.read(0x86)
    macLength = try reader.readIfPresent(0x87)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, keyType)
    writer.write(0x86, keyData)
    writer.write(0x87, macLength)
  }
}
