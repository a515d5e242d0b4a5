/// A value that knows its content octets; the tag is its container's (ASN.1 IMPLICIT TAGS).
public protocol TLVContent: Sendable {
  /// Reads the value of `element`, whose tag the container has checked.
  init(_ element: TLVElement) throws(TLVError)
  /// Appends the content octets: neither tag nor length.
  func encodeContent(to writer: inout TLVWriter)
}

/// A value with a tag of its own: a message, or a SEQUENCE that is tagged nowhere else.
public protocol TLVMessage: TLVContent, TLVListItem {
  /// The tag that the specification gives the type.
  static var tag: TLVTag { get }
}

extension TLVMessage {
  /// The message that `bytes` is, all of them.
  @inlinable public init(encoded bytes: some Collection<UInt8>) throws(TLVError) {
    let element = try TLVElement(Array(bytes))
    guard element.tag == Self.tag else { throw .missing(wanted: Self.tag, found: element.tag) }
    try self.init(element)
  }

  /// The message with tag and length.
  @inlinable public var encoded: [UInt8] {
    var writer = TLVWriter(capacity: 256)
    writer.write(self)
    return writer.bytes
  }
}

/// What an array's content octets consist of: bytes of an OCTET STRING, or the messages of a SEQUENCE OF.
public protocol TLVListItem: Sendable {
  /// The items that `element` holds.
  static func list(_ element: TLVElement) throws(TLVError) -> [Self]
  /// Appends the items.
  static func encode(_ list: [Self], to writer: inout TLVWriter)
}

extension TLVMessage {
  @inlinable public static func list(_ element: TLVElement) throws(TLVError) -> [Self] {
    var reader = try element.reader()
    var list: [Self] = []
    while !reader.isAtEnd { list.append(try reader.read(Self.self)) }
    return list
  }

  @inlinable public static func encode(_ list: [Self], to writer: inout TLVWriter) {
    for item in list { writer.write(item) }
  }
}

extension Array: TLVContent where Element: TLVListItem {
  @inlinable public init(_ element: TLVElement) throws(TLVError) { self = try Element.list(element) }
  @inlinable public func encodeContent(to writer: inout TLVWriter) { Element.encode(self, to: &writer) }
}

/// A SEQUENCE or SET: its fields in schema order.
public protocol TLVSequence: TLVContent {
  /// Reads the fields in order; what is left is refused unless ``isExtensible`` holds.
  init(fields reader: inout TLVReader) throws(TLVError)
  /// Writes the fields in order.
  func encodeFields(to writer: inout TLVWriter)
  /// Whether fields that later versions added at the end are passed over (ASN.1 EXTENSIBILITY IMPLIED).
  static var isExtensible: Bool { get }
}

extension TLVSequence {
  @inlinable public static var isExtensible: Bool { false }

  @inlinable public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    try self.init(fields: &reader)
    if !Self.isExtensible { try reader.finish() }
  }

  @inlinable public func encodeContent(to writer: inout TLVWriter) { encodeFields(to: &writer) }
}

/// A value together with the bytes it arrived in: what was received is what is verified, never a re-encoding.
public struct Verbatim<Value: TLVContent>: TLVContent {
  /// The value, parsed.
  public let value: Value
  /// TLVTag, length and value as they arrived, or as they were first written.
  public let encoded: [UInt8]

  /// Keeps the element's own bytes.
  @inlinable public init(_ element: TLVElement) throws(TLVError) {
    value = try Value(element)
    encoded = Array(element.encoded)
  }

  /// Encodes a value of our own, once, under `tag`.
  @inlinable public init(_ value: Value, tag: TLVTag) {
    var writer = TLVWriter(capacity: 256)
    writer.write(tag, value)
    (self.value, encoded) = (value, writer.bytes)
  }

  /// The content as it arrived; the tag is written by the container and is the one that arrived.
  public func encodeContent(to writer: inout TLVWriter) {
    if let element = try? TLVElement(encoded) { writer.append(encoded: element.content) }
  }
}

extension Verbatim where Value: TLVMessage {
  /// Encodes a message of our own, once.
  public init(_ value: Value) { self.init(value, tag: Value.tag) }
}

extension Verbatim: Equatable where Value: Equatable {}
extension Verbatim: Hashable where Value: Hashable {}
