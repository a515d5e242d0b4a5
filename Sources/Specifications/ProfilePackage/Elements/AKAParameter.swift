import Bytes
import Identifiers
import TLV

extension PE {
  /// PE-AKAParameter ::= SEQUENCE { aka-header PEHeader, algoConfiguration CHOICE { mappingParameter, algoParameter },
  ///   sqnOptions DEFAULT '02'H, sqnDelta DEFAULT '000010000000'H, sqnAgeLimit DEFAULT '000010000000'H,
  ///   sqnInit SEQUENCE (SIZE (32)) OF OCTET STRING (SIZE (6)) DEFAULT zeros }: how the application created last
  /// authenticates itself (§8.4.2)
  public struct AKAParameter: KnownElement, TLVSequence, Hashable {
    public static let name = "akaParameter"
    public static let number: UInt32 = 4

    /// Where algorithm and key come from.
    public enum Configuration: Hashable, Sendable {
      /// Those of another application.
      case mappingParameter(MappingParameter)
      /// The application's own.
      case algoParameter(AlgoParameter)
    }

    private var peHeader: PEHeader
    /// Where algorithm and key come from.
    public var algoConfiguration: Configuration
    /// One byte; nil stands for 02.
    public var sqnOptions: [UInt8]?
    /// Δ of TS 33.102 Annex C.2.1: 6 bytes, at most 07FFFFFFFFFF; nil stands for 000010000000.
    public var sqnDelta: [UInt8]?
    /// L of TS 33.102 Annex C.2.2: 6 bytes, at most 07FFFFFFFFFF; nil stands for 000010000000.
    public var sqnAgeLimit: [UInt8]?
    /// 32 sequence numbers without their index, 6 bytes each; nil stands for zeros.
    public var sqnInit: [OctetString]?
    /// Fields of later versions.
    public var laterFields = LaterFields()

    /// An element of ours.
    public init(_ identification: Int, _ parameter: AlgoParameter) {
      (peHeader, algoConfiguration) = (PEHeader(identification), .algoParameter(parameter))
    }

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      let choice = try reader.element(0xA1)
      var configuration = try choice.reader()
      switch configuration.nextTag {
      case 0xA0: algoConfiguration = .mappingParameter(try configuration.read(0xA0))
      case 0xA1: algoConfiguration = .algoParameter(try configuration.read(0xA1))
      default: throw .invalid(choice.tag, "neither mappingParameter nor algoParameter")
      }
      try configuration.finish()
      sqnOptions = try reader.readIfPresent(0x82)
      sqnDelta = try reader.readIfPresent(0x83)
      sqnAgeLimit = try reader.readIfPresent(0x84)
      sqnInit = try reader.readIfPresent(0xA5)
      laterFields = try reader.laterFields(from: 6)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0xA1) { writer in
        switch algoConfiguration {
        case .mappingParameter(let parameter): writer.write(0xA0, parameter)
        case .algoParameter(let parameter): writer.write(0xA1, parameter)
        }
      }
      writer.write(0x82, sqnOptions)
      writer.write(0x83, sqnDelta)
      writer.write(0x84, sqnAgeLimit)
      writer.write(0xA5, sqnInit)
      writer.write(laterFields)
    }
  }
}

/// MappingParameter ::= SEQUENCE { mappingOptions OCTET STRING (SIZE(1)), mappingSource ApplicationIdentifier }
public struct MappingParameter: TLVSequence, Hashable {
  /// What is shared with the source.
  public var mappingOptions: [UInt8]
  /// The application, created before, whose parameters are used.
  public var mappingSource: AID
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// The parameters of `source`.
  public init(options: UInt8, source: AID) { (mappingOptions, mappingSource) = ([options], source) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    mappingOptions = try reader.read(0x80)
    mappingSource = try reader.read(0x81)
    laterFields = try reader.laterFields(from: 2)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, mappingOptions)
    writer.write(0x81, mappingSource)
    writer.write(laterFields)
  }
}

/// AlgoParameter ::= SEQUENCE { algorithmID INTEGER, algorithmOptions OCTET STRING (SIZE(1)), key, opc,
///   rotationConstants DEFAULT '4000204060'H, xoringConstants DEFAULT …, authCounterMax OPTIONAL,
///   numberOfKeccak UInt8 DEFAULT 1 }
public struct AlgoParameter: TLVSequence, Hashable {
  /// The algorithms of §8.4.2.
  public enum Algorithm: Int, Sendable {
    case milenage = 1
    case tuak = 2
    /// The test algorithm of TS 34.108 §8.1.2.
    case usimTestAlgorithm = 3
  }

  /// The algorithm's number; one that no ``Algorithm`` stands for is of a later version.
  public var algorithmID: Int
  /// Lengths of RES, MAC, CK and IK; 01 is RES and MAC of 64 bits, CK and IK of 128.
  public var algorithmOptions: [UInt8]
  /// K: 16 bytes; TUAK also 32.
  public var key: Secret
  /// OPc (Milenage, 16 bytes) or TOPc (TUAK, 32 bytes); of no meaning to the test algorithm.
  public var opc: Secret
  /// Milenage's r1 to r5; nil stands for those of TS 35.206.
  public var rotationConstants: [UInt8]?
  /// Milenage's c1 to c5, 16 bytes each; nil stands for those of TS 35.206.
  public var xoringConstants: [UInt8]?
  /// How often the card authenticates itself at all: 3 bytes.
  public var authCounterMax: [UInt8]?
  /// TUAK's iterations of Keccak; nil stands for 1.
  public var numberOfKeccak: Int?
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// Parameters whose other values are the defaults.
  public init(_ algorithm: Algorithm, options: UInt8 = 0x01, key: Secret, opc: Secret) {
    (algorithmID, algorithmOptions, self.key, self.opc) = (algorithm.rawValue, [options], key, opc)
  }

  /// The algorithm, where it is known.
  public var algorithm: Algorithm? { Algorithm(rawValue: algorithmID) }

  /// `rotationConstants` of TS 35.206 §4.1.
  public static let standardRotations: [UInt8] = [0x40, 0x00, 0x20, 0x40, 0x60]
  /// `xoringConstants` of TS 35.206 §4.1.
  public static let standardConstants: [UInt8] = [0, 1, 2, 4, 8].flatMap { [UInt8](repeating: 0, count: 15) + [$0] }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    algorithmID = try reader.read(0x80)
    algorithmOptions = try reader.read(0x81)
    key = try reader.read(0x82)
    opc = try reader.read(0x83)
    rotationConstants = try reader.readIfPresent(0x84)
    xoringConstants = try reader.readIfPresent(0x85)
    authCounterMax = try reader.readIfPresent(0x86)
    numberOfKeccak = try reader.readIfPresent(0x87)
    laterFields = try reader.laterFields(from: 8)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, algorithmID)
    writer.write(0x81, algorithmOptions)
    writer.write(0x82, key)
    writer.write(0x83, opc)
    writer.write(0x84, rotationConstants)
    writer.write(0x85, xoringConstants)
    writer.write(0x86, authCounterMax)
    writer.write(0x87, numberOfKeccak)
    writer.write(laterFields)
  }
}

extension PE {
  /// PE-CDMAParameter ::= SEQUENCE { cdma-header PEHeader, authenticationKey OCTET STRING (SIZE(8)), ssd OPTIONAL,
  ///   hrpdAccessAuthenticationData OPTIONAL, simpleIPAuthenticationData OPTIONAL,
  ///   mobileIPAuthenticationData OPTIONAL } (§8.4.3)
  public struct CDMAParameter: KnownElement, TLVSequence, Hashable {
    public static let name = "cdmaParameter"
    public static let number: UInt32 = 5

    private var peHeader: PEHeader
    /// A-Key of CAVE: 8 bytes.
    public var authenticationKey: Secret
    /// Shared secret data A and B: 16 bytes.
    public var ssd: Secret?
    /// 2 to 32 bytes (C.S0016 §4.5.7.10).
    public var hrpdAccessAuthenticationData: Secret?
    /// 3 to 483 bytes (C.S0016 §4.5.7.7).
    public var simpleIPAuthenticationData: Secret?
    /// 5 to 957 bytes (C.S0016 §4.5.7.8).
    public var mobileIPAuthenticationData: Secret?
    /// Fields of later versions.
    public var laterFields = LaterFields()

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      authenticationKey = try reader.read(0x81)
      ssd = try reader.readIfPresent(0x82)
      hrpdAccessAuthenticationData = try reader.readIfPresent(0x83)
      simpleIPAuthenticationData = try reader.readIfPresent(0x84)
      mobileIPAuthenticationData = try reader.readIfPresent(0x85)
      laterFields = try reader.laterFields(from: 6)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0x81, authenticationKey)
      writer.write(0x82, ssd)
      writer.write(0x83, hrpdAccessAuthenticationData)
      writer.write(0x84, simpleIPAuthenticationData)
      writer.write(0x85, mobileIPAuthenticationData)
      writer.write(laterFields)
    }
  }
}
