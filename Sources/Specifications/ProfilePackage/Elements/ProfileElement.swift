import Bytes
import TLV

/// One element of a profile package (TCA eUICC Profile Package §8.1.2, `ProfileElement ::= CHOICE`).
public protocol ProfileElement: TLVContent {
  /// The element's tag in the CHOICE.
  var tag: TLVTag { get }
  /// The alternative's name in the CHOICE: "akaParameter".
  var name: String { get }
  /// The element's `PEHeader`; the profile header and unknown elements have none.
  var header: PEHeader? { get }
}

/// An element whose contents this version of the code knows.
public protocol KnownElement: ProfileElement {
  /// The alternative's name in the CHOICE.
  static var name: String { get }
  /// The alternative's number in the CHOICE: its context-specific tag, given by AUTOMATIC TAGS.
  static var number: UInt32 { get }
}

extension KnownElement {
  /// The element's tag.
  public static var tag: TLVTag { .context(number, constructed: true) }
  public var tag: TLVTag { Self.tag }
  public var name: String { Self.name }
}

/// The profile elements by their names in the specification: `PE.USIM` is PE-USIM.
public enum PE {
  /// The known alternatives of `ProfileElement`, in the CHOICE's order.
  static let known: [any KnownElement.Type] = [
    ProfileHeader.self, GenericFileManagement.self, PINCodes.self, PUKCodes.self, AKAParameter.self,
    CDMAParameter.self, SecurityDomain.self, RFM.self, Application.self, NonStandard.self, End.self, MF.self,
    CD.self, TELECOM.self, USIM.self, OPTUSIM.self, ISIM.self, OPTISIM.self, PHONEBOOK.self, GSMACCESS.self,
    CSIM.self, OPTCSIM.self, EAP.self, DF5GS.self, DFSAIP.self, DFSNPN.self, DF5GPROSE.self, IoT.self,
    OPTIoT.self,
  ]

  private static let typesByTag = [TLVTag: any KnownElement.Type](uniqueKeysWithValues: known.map { ($0.tag, $0) })

  /// Reads an element; one with a tag of a later version of the specification is kept as it is.
  static func element(_ element: TLVElement) throws(TLVError) -> any ProfileElement {
    if let type = typesByTag[element.tag] { return try type.init(element) }
    guard element.tag.contextNumber != nil else { throw .invalid(element.tag, "is no profile element") }
    return UnknownElement(element)
  }

  /// The name of the alternative with this tag, for messages about elements that cannot be read.
  static func name(of tag: TLVTag) -> String { typesByTag[tag]?.name ?? "element \(tag)" }
}

/// A profile element that a later version of the specification added.
public struct UnknownElement: ProfileElement, Hashable {
  public let tag: TLVTag
  /// The value's bytes.
  public let content: [UInt8]

  public init(_ element: TLVElement) { (tag, content) = (element.tag, Array(element.content)) }
  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: content) }

  public var name: String { "unknown element \(tag)" }
  public var header: PEHeader? { nil }
}

/// PEHeader ::= SEQUENCE { mandated NULL OPTIONAL, identification UInt15 }
public struct PEHeader: TLVSequence, Hashable {
  /// Whether an eUICC that cannot process the element gives up the whole profile; else it skips the element.
  public var isMandated: Bool
  /// The element's number, unique in the package: 0 to 32767.
  public var identification: Int

  /// A header; own elements are mandated unless said otherwise.
  public init(_ identification: Int, isMandated: Bool = true) {
    (self.identification, self.isMandated) = (identification, isMandated)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    isMandated = try reader.readIfPresent(0x80, as: Null.self) != nil
    identification = try reader.read(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    if isMandated { writer.write(0x80, Null()) }
    writer.write(0x81, identification)
  }
}

/// Fields that a later version of the specification put behind those known here, as they arrived (ASN.1
/// EXTENSIBILITY IMPLIED).
public struct LaterFields: Hashable, Sendable {
  /// The fields, encoded.
  public let encoded: [UInt8]

  /// No such fields.
  public init() { encoded = [] }
  fileprivate init(_ encoded: ArraySlice<UInt8>) { self.encoded = Array(encoded) }

  /// Whether there are none.
  public var isEmpty: Bool { encoded.isEmpty }
}

extension TLVReader {
  /// The fields from automatic tag `[number]` on: everything that is left.
  mutating func laterFields(from number: UInt32) throws(TLVError) -> LaterFields {
    let rest = remaining
    while !isAtEnd {
      let element = try element()
      guard let found = element.tag.contextNumber, found >= number else { throw .trailing }
    }
    return LaterFields(rest)
  }
}

extension TLVWriter {
  /// The fields of a later version, behind the known ones.
  mutating func write(_ fields: LaterFields) { append(encoded: fields.encoded) }
}

/// An OCTET STRING under its universal tag, as in a SEQUENCE OF.
public struct OctetString: TLVMessage, Hashable {
  public static let tag: TLVTag = .octetString
  /// The bytes.
  public var bytes: [UInt8]

  /// Takes over `bytes`.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }
  public init(_ element: TLVElement) { bytes = Array(element.content) }
  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }
}
