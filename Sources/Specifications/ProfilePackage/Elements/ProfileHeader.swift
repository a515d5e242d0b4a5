import Bytes
import Identifiers
import TLV

/// ProfileHeader ::= SEQUENCE { major-version, minor-version, profileType OPTIONAL, iccid, pol OPTIONAL,
///   eUICC-Mandatory-services, eUICC-Mandatory-GFSTEList, connectivityParameters OPTIONAL,
///   eUICC-Mandatory-AIDs OPTIONAL, iotOptions OPTIONAL } (§8.2.1)
public struct ProfileHeader: KnownElement, TLVSequence, Hashable {
  public static let name = "header"
  public static let number: UInt32 = 0

  /// Version of the specification that the package follows.
  public var majorVersion: Int
  /// Version of the specification that the package follows.
  public var minorVersion: Int
  /// What the maker calls this kind of profile: 1 to 100 bytes of UTF-8.
  public var profileType: String?
  /// The ICCID as it stands in the package: 10 bytes, digits high nibble first.
  public var iccidBytes: [UInt8]
  /// Policy rules of SGP.02 (POL1).
  public var pol: [UInt8]?
  /// Services an eUICC must have to install the profile.
  public var mandatoryServices: ServicesList
  /// Templates an eUICC must know to install the profile.
  public var mandatoryTemplates: [OID]
  /// Connectivity parameters of SGP.02.
  public var connectivityParameters: [UInt8]?
  /// Libraries an eUICC must have to install the profile.
  public var mandatoryAIDs: [MandatoryAID]?
  /// Present in an IoT minimal profile only.
  public var iotOptions: IotOptions?
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// The ICCID, where it is well formed.
  public var iccid: ICCID? { try? ICCID(headerBytes: iccidBytes) }

  public var header: PEHeader? { nil }

  /// A header for a profile of ours.
  public init(
    majorVersion: Int, minorVersion: Int, profileType: String?, iccidBytes: [UInt8], mandatoryServices: ServicesList,
    mandatoryTemplates: [OID]
  ) {
    (self.majorVersion, self.minorVersion, self.profileType) = (majorVersion, minorVersion, profileType)
    (self.iccidBytes, self.mandatoryServices) = (iccidBytes, mandatoryServices)
    self.mandatoryTemplates = mandatoryTemplates
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    majorVersion = try reader.read(0x80)
    minorVersion = try reader.read(0x81)
    profileType = try reader.readIfPresent(0x82)
    iccidBytes = try reader.read(0x83)
    pol = try reader.readIfPresent(0x84)
    mandatoryServices = try reader.read(0xA5)
    mandatoryTemplates = try reader.read(0xA6)
    connectivityParameters = try reader.readIfPresent(0x87)
    mandatoryAIDs = try reader.readIfPresent(0xA8)
    iotOptions = try reader.readIfPresent(0xA9)
    laterFields = try reader.laterFields(from: 10)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, majorVersion)
    writer.write(0x81, minorVersion)
    writer.write(0x82, profileType)
    writer.write(0x83, iccidBytes)
    writer.write(0x84, pol)
    writer.write(0xA5, mandatoryServices)
    writer.write(0xA6, mandatoryTemplates)
    writer.write(0x87, connectivityParameters)
    writer.write(0xA8, mandatoryAIDs)
    writer.write(0xA9, iotOptions)
    writer.write(laterFields)
  }
}

extension ProfileHeader {
  /// SEQUENCE { aid ApplicationIdentifier, version OCTET STRING (SIZE(2)) }
  public struct MandatoryAID: TLVMessage, TLVSequence, Hashable {
    public static let tag: TLVTag = .sequence
    /// The library's identifier.
    public var aid: AID
    /// Major and minor version.
    public var version: [UInt8]

    public init(fields reader: inout TLVReader) throws(TLVError) {
      aid = try reader.read(0x80)
      version = try reader.read(0x81)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, aid)
      writer.write(0x81, version)
    }
  }

  /// IotOptions ::= SEQUENCE { pix OCTET STRING (SIZE (7..11)) }
  public struct IotOptions: TLVSequence, Hashable {
    /// What follows A000000087 in the USIM's identifier: 7 to 11 bytes.
    public var pix: [UInt8]
    /// Fields of later versions.
    public var laterFields = LaterFields()

    public init(fields reader: inout TLVReader) throws(TLVError) {
      pix = try reader.read(0x80)
      laterFields = try reader.laterFields(from: 1)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, pix)
      writer.write(laterFields)
    }
  }
}

/// ServicesList ::= SEQUENCE of NULL fields: the services a profile cannot do without (§8.2.1).
public struct ServicesList: TLVContent, Hashable {
  /// A service by its field's number.
  public enum Service: UInt32, CaseIterable, Sendable {
    case contactless, usim, isim, csim, milenage, tuak128, cave
    case gbaUSIM, gbaISIM, mbms, eap, javacard, multos
    case multipleUSIM, multipleISIM, multipleCSIM, tuak256, usimTestAlgorithm
    case berTLV, dfLink, catTP, getIdentity, profileAX25519, profileBP256, suciCalculatorAPI
    case dnsResolution, scp11ac, scp11cAuthorizationMechanism, s16mode, eaka

    /// The field's name in the specification.
    public var name: String {
      switch self {
      case .gbaUSIM: "gba-usim"
      case .gbaISIM: "gba-isim"
      case .multipleUSIM: "multiple-usim"
      case .multipleISIM: "multiple-isim"
      case .multipleCSIM: "multiple-csim"
      case .usimTestAlgorithm: "usim-test-algorithm"
      case .berTLV: "ber-tlv"
      case .catTP: "cat-tp"
      case .getIdentity: "get-identity"
      case .profileAX25519: "profile-a-x25519"
      case .profileBP256: "profile-b-p256"
      case .suciCalculatorAPI: "suciCalculatorApi"
      case .dnsResolution: "dns-resolution"
      case .scp11cAuthorizationMechanism: "scp11c-authorization-mechanism"
      default: "\(self)"
      }
    }
  }

  /// The field numbers present, ascending; those no ``Service`` stands for are of later versions.
  public private(set) var numbers: [UInt32]

  /// The given services.
  public init(_ services: Set<Service>) { numbers = services.map(\.rawValue).sorted() }

  /// Whether `service` is among them.
  public func contains(_ service: Service) -> Bool { numbers.contains(service.rawValue) }

  /// Adds or removes `service`.
  public mutating func set(_ service: Service, _ isPresent: Bool) {
    numbers = (numbers.filter { $0 != service.rawValue } + (isPresent ? [service.rawValue] : [])).sorted()
  }

  /// The services known here.
  public var services: [Service] { numbers.compactMap(Service.init) }

  public init(_ element: TLVElement) throws(TLVError) {
    numbers = []
    for child in try element.children() {
      guard let number = child.tag.contextNumber, child.tag == .context(number, constructed: false),
        numbers.last.map({ $0 < number }) ?? true
      else { throw .invalid(child.tag, "is no service, or out of order") }
      _ = try Null(child)
      numbers.append(number)
    }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    for number in numbers { writer.write(.context(number, constructed: false), Null()) }
  }
}
