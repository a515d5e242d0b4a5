import GlobalPlatform
import Identifiers
import TLV

/// What is agreed on.
public enum ContentOperation: Int, TLVEnumeration, Hashable {
  case store = 1
  case delete = 2
}

/// In which way issuer and provider agree (document C2 to C4, C6 and the seventh embodiment).
public enum AgreementWay: Int, TLVEnumeration, Hashable, CaseIterable {
  /// C2: the card asks the issuer, and the provider authorises.
  case throughIssuer = 2
  /// C3: the card asks the provider, and the issuer authorises.
  case throughProvider = 3
  /// C4: the card asks the provider, who authorises alone: the issuer consented beforehand.
  case providerAlone = 4
  /// C6: as C4, and a data registrar certified the provider's key, which signs the data.
  case certifiedProvider = 6
  /// C7: as C4, and a data registrar certified the data.
  case certifiedData = 7

  /// Whether the issuer consented beforehand, for as long as it does.
  public var needsStandingConsent: Bool { self != .throughIssuer && self != .throughProvider }

  /// What the provider's security domain may do on the card. In every way the provider's token is needed for what
  /// another domain does to its content.
  public var privileges: Privileges {
    switch self {
    case .throughIssuer: [.securityDomain, .tokenVerification]
    case .throughProvider: [.securityDomain, .tokenVerification, .delegatedManagement]
    case .providerAlone, .certifiedData: [.securityDomain, .tokenVerification, .authorizedManagement]
    case .certifiedProvider: [.securityDomain, .tokenVerification, .authorizedManagement, .dapVerification]
    }
  }
}

/// SDI: which data are stored or deleted. Identifier and version come from the card's side; size, hash and what is
/// replaced are completed by the provider, signed with the authorisation, and the card checks them against the data.
public struct StoringDataInformation: TLVSequence, Hashable {
  // StoringDataInformation ::= SEQUENCE { loadFile [15] AID, version [0] INTEGER (0..65535), module [1] AID OPTIONAL,
  //   application [2] AID OPTIONAL, size [3] INTEGER OPTIONAL, hash [4] OCTET STRING (SIZE(32)) OPTIONAL,
  //   replaced [5] BOOLEAN }
  /// The most bytes of data: what 256 LOAD commands carry.
  public static let sizeLimit = 56_000

  /// The data: a load file.
  public var loadFile: AID
  /// Their version.
  public var version: UInt16
  /// The module in the load file; completed by the provider.
  public var module: AID?
  /// The application that shows the data; completed by the provider.
  public var application: AID?
  /// Bytes of the load file data block; completed by the provider.
  public var size: Int?
  /// SHA-256 of the load file data block; completed by the provider.
  public var hash: [UInt8]?
  /// Whether another version is on the card, and goes before this one comes; completed by the provider.
  public var isReplacing: Bool

  /// What the card's side says.
  public init(loadFile: AID, version: UInt16) {
    (self.loadFile, self.version, isReplacing) = (loadFile, version, false)
  }

  /// Whether this completes what the card's side said, and changes nothing of it.
  public func completes(_ wanted: StoringDataInformation) -> Bool {
    loadFile == wanted.loadFile && version == wanted.version
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    loadFile = try reader.read(0x4F)
    version = UInt16(try reader.readNumber(0x80, through: 0xFFFF))
    (module, application) = (try reader.readIfPresent(0x81), try reader.readIfPresent(0x82))
    size = try reader.readIfPresent(0x83)
    if let size, !(1...Self.sizeLimit).contains(size) {
      throw .invalid(0x83, "1 to \(Self.sizeLimit) bytes are wanted")
    }
    hash = try reader.readIfPresent(0x84)
    if let hash, hash.count != 32 { throw .invalid(0x84, "a hash has 32 bytes") }
    isReplacing = try reader.read(0x85)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x4F, loadFile)
    writer.write(0x80, Int(version))
    writer.write(0x81, module)
    writer.write(0x82, application)
    writer.write(0x83, size)
    writer.write(0x84, hash)
    writer.write(0x85, isReplacing)
  }
}
