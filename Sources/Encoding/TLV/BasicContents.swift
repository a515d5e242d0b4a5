import Bytes
import Identifiers

// OCTET STRING

extension UInt8: TLVListItem {
  public static func list(_ element: TLVElement) throws(TLVError) -> [UInt8] { Array(element.content) }
  public static func encode(_ list: [UInt8], to writer: inout TLVWriter) { writer.append(encoded: list) }
}

extension Secret: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) { self.init(Array(element.content)) }
  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }
}

// UTF8String

extension String: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    guard let text = String(validating: element.content, as: UTF8.self) else {
      throw .invalid(element.tag, "the text is not UTF-8")
    }
    // No store keeps it, and to much that reads texts it is their end.
    guard !text.utf8.contains(0) else { throw .invalid(element.tag, "the text holds U+0000") }
    self = text
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: utf8) }
}

// BOOLEAN

extension Bool: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    // X.690 §11.1: TRUE is FF.
    switch (element.content.count, element.content.first) {
    case (1, 0x00): self = false
    case (1, 0xFF): self = true
    default: throw .invalid(element.tag, "a BOOLEAN is 00 or FF")
    }
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: [self ? 0xFF : 0x00]) }
}

// INTEGER

extension Int: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    let content = element.content
    guard let first = content.first, content.count <= 8 else {
      throw .invalid(element.tag, "an INTEGER of 1 to 8 bytes is wanted")
    }
    if content.count > 1 {
      // X.690 §8.3.2: the first nine bits shall not all be ones or all zero.
      let second = content[content.startIndex + 1]
      guard !(first == 0 && second < 0x80), !(first == 0xFF && second >= 0x80) else {
        throw .invalid(element.tag, "an INTEGER is written in the fewest bytes")
      }
    }
    self = content.dropFirst().reduce(Int(Int8(bitPattern: first))) { $0 << 8 | Int($1) }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    // As many bytes as hold the value and its sign.
    let bits = bitWidth - (self < 0 ? ~self : self).leadingZeroBitCount + 1
    let count = (bits + 7) / 8
    withUnsafeBytes(of: bigEndian) { writer.append(encoded: $0.suffix(count)) }
  }
}

/// An enumeration whose raw value is an INTEGER or ENUMERATED of ASN.1.
public protocol TLVEnumeration: TLVContent, RawRepresentable<Int> {}

extension TLVEnumeration {
  public init(_ element: TLVElement) throws(TLVError) {
    let number = try Int(element)
    guard let value = Self(rawValue: number) else { throw .invalid(element.tag, "\(number) is not a known value") }
    self = value
  }

  public func encodeContent(to writer: inout TLVWriter) { rawValue.encodeContent(to: &writer) }
}

// NULL

/// The value of ASN.1's NULL: nothing.
public struct Null: TLVContent, Hashable {
  /// The one value.
  public init() {}

  public init(_ element: TLVElement) throws(TLVError) {
    guard element.content.isEmpty else { throw .invalid(element.tag, "NULL has no content") }
  }

  public func encodeContent(to writer: inout TLVWriter) {}
}

// BIT STRING

/// Bits counted from 0, as ASN.1's named bit lists count them.
public struct BitString: TLVContent, Hashable {
  /// The bits, eight to a byte, the first in the most significant place.
  public let bytes: [UInt8]
  /// How many bits at the end of the last byte do not count: 0 to 7.
  public let unusedBits: Int

  /// The shortest string in which just the given bits are set (X.690 §11.2.2).
  public init(bits: some Sequence<Int>) {
    var bytes: [UInt8] = []
    var last = -1
    for bit in bits where bit >= 0 {
      while bytes.count <= bit / 8 { bytes.append(0) }
      bytes[bit / 8] |= 0x80 >> UInt8(bit % 8)
      last = Swift.max(last, bit)
    }
    (self.bytes, unusedBits) = (bytes, last < 0 ? 0 : 7 - last % 8)
  }

  public init(_ element: TLVElement) throws(TLVError) {
    guard let unused = element.content.first, unused < 8, unused == 0 || element.content.count > 1 else {
      throw .invalid(element.tag, "the BIT STRING is malformed")
    }
    (bytes, unusedBits) = (Array(element.content.dropFirst()), Int(unused))
    // X.690 §11.2.1: each unused bit shall be set to zero.
    if let final = bytes.last, final & (1 << unused - 1) != 0 {
      throw .invalid(element.tag, "unused bits of the BIT STRING are set")
    }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    writer.append(encoded: [UInt8(unusedBits)])
    writer.append(encoded: bytes)
  }

  /// Whether bit `index` is there and set.
  public subscript(index: Int) -> Bool {
    index >= 0 && index / 8 < bytes.count && bytes[index / 8] & 0x80 >> UInt8(index % 8) != 0
  }
}

// OBJECT IDENTIFIER

/// An object identifier, in its content octets.
public struct OID: TLVMessage, Hashable, CustomStringConvertible {
  public static let tag: TLVTag = .objectIdentifier

  /// The content octets.
  public let bytes: [UInt8]

  /// "2.23.146.1.2.1.1": two arcs at least; nil where the text is no object identifier.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let arcs = parts.compactMap { UInt32($0) }
    guard arcs.count == parts.count, arcs.count >= 2, arcs[0] <= 2, arcs[0] == 2 || arcs[1] < 40, arcs[1] < 1 << 31
    else { return nil }
    var bytes: [UInt8] = []
    for arc in [arcs[0] * 40 + arcs[1]] + arcs.dropFirst(2) {
      let groups = stride(from: 28, through: 7, by: -7).map { UInt8(arc >> UInt32($0) & 0x7F) }.drop { $0 == 0 }
      bytes += groups.map { $0 | 0x80 } + [UInt8(arc & 0x7F)]
    }
    self.bytes = bytes
  }

  /// The identifier whose content octets are known; for constants.
  package init(contentOctets bytes: [UInt8]) { self.bytes = bytes }

  public init(_ element: TLVElement) throws(TLVError) {
    bytes = Array(element.content)
    // X.690 §8.19.2: the last byte of each arc has bit 8 clear; no arc begins with 80.
    guard let last = bytes.last, last < 0x80, bytes.count <= 64,
      !zip([0x00] + bytes, bytes).contains(where: { $0 < 0x80 && $1 == 0x80 })
    else { throw .invalid(element.tag, "the OBJECT IDENTIFIER is malformed") }
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }

  /// The arcs with dots between them; an arc beyond 64 bits is written as "?".
  public var description: String {
    var arcs: [UInt64?] = []
    var arc: UInt64? = 0
    for byte in bytes {
      arc = arc.flatMap { $0 > UInt64.max >> 7 ? nil : $0 << 7 | UInt64(byte & 0x7F) }
      if byte < 0x80 {
        arcs.append(arc)
        arc = 0
      }
    }
    if let first = arcs.first ?? nil {
      let root = Swift.min(first / 40, 2)
      arcs.replaceSubrange(0..<1, with: [root, first - root * 40])
    }
    return arcs.map { $0.map(String.init) ?? "?" }.joined(separator: ".")
  }
}

// Identifiers

extension EID: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    do { try self.init(bytes: element.content) } catch { throw .invalid(element.tag, "\(error)") }
  }
  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }
}

extension ICCID: TLVContent {
  /// As in EF.ICCID: SGP.22's `Iccid`, tag 5A.
  public init(_ element: TLVElement) throws(TLVError) {
    do { try self.init(bytes: element.content) } catch { throw .invalid(element.tag, "\(error)") }
  }
  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }
}

extension AID: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    do { try self.init(element.content) } catch { throw .invalid(element.tag, "\(error)") }
  }
  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }
}
