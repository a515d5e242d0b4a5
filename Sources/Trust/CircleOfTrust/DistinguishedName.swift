import Bytes
import TLV

/// The name of a certificate's issuer or subject, with the bytes it arrived in (RFC 5280 §4.1.2.4).
public struct DistinguishedName: TLVMessage, Hashable {
  // Name ::= SEQUENCE OF RelativeDistinguishedName; RelativeDistinguishedName ::= SET SIZE (1..MAX) OF
  // AttributeTypeAndValue; AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }
  public static let tag: TLVTag = .sequence
  /// The name's bytes; two names are `==` when these are. ``matches(_:)`` is the comparison of RFC 5280.
  public let encoded: [UInt8]
  /// The relative names in their order, almost always of one attribute each.
  public let relativeNames: [[Attribute]]

  /// A type with its value.
  public struct Attribute: Sendable, Hashable {
    /// What the value tells.
    public let type: AttributeType
    /// The value's tag: which kind of string it is.
    public let tag: TLVTag
    /// The value's content octets.
    public let value: ArraySlice<UInt8>

    /// The value as text; nil where it is no UTF8String, or ASCII in a PrintableString or IA5String.
    public var text: String? {
      switch tag {
      case .utf8String: String(validating: value, as: UTF8.self)
      case .printableString, .ia5String:
        value.allSatisfy { $0 < 0x80 } ? String(decoding: value, as: UTF8.self) : nil
      default: nil
      }
    }
  }

  public init(_ element: TLVElement) throws(TLVError) {
    encoded = Array(element.encoded)
    var names = try TLVElement(encoded).reader()
    var relativeNames: [[Attribute]] = []
    while !names.isAtEnd {
      var name = try names.element(.set).reader()
      var attributes = [try Self.attribute(from: &name)]
      while !name.isAtEnd { attributes.append(try Self.attribute(from: &name)) }
      relativeNames.append(attributes)
    }
    self.relativeNames = relativeNames
  }

  /// A name of one attribute after the other.
  public init(_ attributes: [(AttributeType, String)]) {
    var writer = TLVWriter(capacity: 128)
    writer.write(.sequence) { writer in
      for (type, text) in attributes {
        writer.write(.set) { writer in
          writer.write(.sequence) { writer in
            writer.write(.objectIdentifier, bytes: type.bytes)
            writer.write(type.isPrintable ? .printableString : .utf8String, text)
          }
        }
      }
    }
    encoded = writer.bytes
    // What was just written can be read.
    relativeNames = (try? TLVElement(encoded)).flatMap { try? DistinguishedName($0).relativeNames } ?? []
  }

  private static func attribute(from reader: inout TLVReader) throws(TLVError) -> Attribute {
    var pair = try reader.element(.sequence).reader()
    let type = try AttributeType(pair.element(.objectIdentifier))
    let value = try pair.element()
    try pair.finish()
    return Attribute(type: type, tag: value.tag, value: value.content)
  }

  public func encodeContent(to writer: inout TLVWriter) {
    if let element = try? TLVElement(encoded) { writer.append(encoded: element.content) }
  }

  public static func == (a: DistinguishedName, b: DistinguishedName) -> Bool { a.encoded == b.encoded }
  public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }

  /// All attributes of a type.
  public func attributes(_ type: AttributeType) -> [Attribute] {
    relativeNames.joined().filter { $0.type == type }
  }

  /// The text of the only attribute of a type; nil where there is none or more than one.
  public func text(_ type: AttributeType) -> String? {
    let all = attributes(type)
    return all.count == 1 ? all[0].text : nil
  }

  /// RFC 5280 §7.1: two names match when they have the same number of relative names and each pair matches.
  public func matches(_ other: DistinguishedName) -> Bool {
    if encoded == other.encoded { return true }
    guard relativeNames.count == other.relativeNames.count else { return false }
    return zip(relativeNames, other.relativeNames).allSatisfy { mine, others in
      mine.count == others.count && zip(mine, others).allSatisfy { $0.matches($1) }
    }
  }
}

extension DistinguishedName.Attribute {
  /// PrintableString and UTF8String are compared without case and with runs of spaces as one (RFC 5280 §7.1); all
  /// others byte for byte. Case is folded for ASCII letters.
  func matches(_ other: DistinguishedName.Attribute) -> Bool {
    guard type == other.type else { return false }
    if tag == other.tag, value == other.value { return true }
    let kinds: [TLVTag] = [.utf8String, .printableString]
    return kinds.contains(tag) && kinds.contains(other.tag) && folded == other.folded
  }

  private var folded: [[UInt8]] {
    value.split(separator: UInt8(ascii: " ")).map { word in
      word.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
  }
}

extension DistinguishedName: CustomStringConvertible {
  /// "C=ES, O=RSP Test EUM, CN=EUM Test", special and unprintable characters escaped as in RFC 4514 §2.4.
  public var description: String {
    relativeNames.map { $0.map { "\($0.type)=\($0.printed)" }.joined(separator: "+") }.joined(separator: ", ")
  }
}

extension DistinguishedName.Attribute {
  fileprivate var printed: String {
    guard let text else { return "#\(value.hex)" }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
        result += String(scalar).utf8.map { "\\" + [$0].hex }.joined()
      default:
        if ",+\"\\<>;=".unicodeScalars.contains(scalar) { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// What an attribute of a name tells (X.520).
public enum AttributeType: Hashable, Sendable, CustomStringConvertible {
  case commonName, serialNumber, countryName, localityName, stateOrProvinceName, organizationName
  case organizationalUnitName, organizationIdentifier
  /// Any other.
  case other(OID)

  /// { id-at n } for the named ones.
  private static let numbers: [(AttributeType, UInt8, String)] = [
    (.commonName, 3, "CN"), (.serialNumber, 5, "serialNumber"), (.countryName, 6, "C"), (.localityName, 7, "L"),
    (.stateOrProvinceName, 8, "ST"), (.organizationName, 10, "O"), (.organizationalUnitName, 11, "OU"),
    (.organizationIdentifier, 97, "organizationIdentifier"),
  ]

  init(_ element: TLVElement) throws(TLVError) {
    if element.content.count == 3, element.content.starts(with: [0x55, 0x04]),
      let known = Self.numbers.first(where: { $0.1 == element.content.last })
    {
      self = known.0
    } else {
      self = .other(try OID(element))
    }
  }

  /// The content octets of the type's object identifier.
  var bytes: [UInt8] {
    if case .other(let oid) = self { return oid.bytes }
    return [0x55, 0x04] + Self.numbers.filter { $0.0 == self }.map(\.1)
  }

  /// Whether the attribute is a PrintableString by definition (X.520 §6.2.9, §6.3.1).
  var isPrintable: Bool { self == .serialNumber || self == .countryName }

  public var description: String {
    if case .other(let oid) = self { return oid.description }
    return Self.numbers.first { $0.0 == self }?.2 ?? ""
  }
}
