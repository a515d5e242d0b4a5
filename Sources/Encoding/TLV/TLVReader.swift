/// Reads TLVs one after the other: definite lengths in their shortest form, as DER has it (ITU-T X.690 §10.1).
public struct TLVReader: Sendable {
  /// How deep elements may nest: the deepest structure of SGP.22 needs 11.
  public static let depthLimit = 32

  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private let depth: Int

  /// A reader of `bytes`.
  public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  /// A reader of `bytes`.
  public init(_ bytes: ArraySlice<UInt8>) { self.init(bytes, depth: 0) }

  init(_ bytes: ArraySlice<UInt8>, depth: Int) {
    (self.bytes, position, self.depth) = (bytes, bytes.startIndex, depth)
  }

  /// Whether everything has been read.
  public var isAtEnd: Bool { position == bytes.endIndex }

  /// What has not been read yet.
  public var remaining: ArraySlice<UInt8> { bytes[position...] }

  /// Refuses data after the last element.
  public func finish() throws(TLVError) { if !isAtEnd { throw .trailing } }

  /// The next element's tag, without reading the element; nil at the end and where it is malformed.
  public var nextTag: TLVTag? {
    var cursor = position
    return isAtEnd ? nil : try? tag(&cursor)
  }

  /// The next element, whichever it is.
  public mutating func element() throws(TLVError) -> TLVElement {
    var cursor = position
    let tag = try tag(&cursor)
    return try element(tag, lengthAt: cursor)
  }

  /// The next element, which must be `tag`.
  public mutating func element(_ tag: TLVTag) throws(TLVError) -> TLVElement {
    guard !isAtEnd else { throw .missing(wanted: tag, found: nil) }
    var cursor = position
    let found = try self.tag(&cursor)
    guard found == tag else { throw .missing(wanted: tag, found: found) }
    return try element(tag, lengthAt: cursor)
  }

  /// The next element if it is `tag`; otherwise nothing is read.
  public mutating func elementIfPresent(_ tag: TLVTag) throws(TLVError) -> TLVElement? {
    var cursor = position
    guard !isAtEnd, let found = try? self.tag(&cursor), found == tag else { return nil }
    return try element(tag, lengthAt: cursor)
  }

  /// The element at the reader's position, whose tag has been read.
  private mutating func element(_ tag: TLVTag, lengthAt start: Int) throws(TLVError) -> TLVElement {
    var cursor = start
    let length = try length(&cursor)
    guard bytes.endIndex - cursor >= length else { throw .truncated }
    let encoded = bytes[position..<cursor + length]
    position = cursor + length
    return TLVElement(tag: tag, encoded: encoded, contentStart: cursor, depth: depth + 1)
  }

  /// The next tag alone, as in a tag list; nil, with nothing read, at the end and where it is malformed.
  public mutating func takeTag() -> TLVTag? {
    var cursor = position
    guard !isAtEnd, let tag = try? tag(&cursor) else { return nil }
    position = cursor
    return tag
  }

  /// The next tag and length alone, of an element whose value comes later.
  public mutating func header() throws(TLVError) -> (tag: TLVTag, length: Int) {
    var cursor = position
    defer { position = cursor }
    return (try tag(&cursor), try length(&cursor))
  }

  // MARK: Typed values

  /// The next element, tagged `tag`, as a `Value`.
  @inlinable public mutating func read<Value: TLVContent>(_ tag: TLVTag, as type: Value.Type = Value.self)
    throws(TLVError)
    -> Value
  {
    try Value(element(tag))
  }

  /// The next element, under its type's own tag.
  @inlinable public mutating func read<Value: TLVMessage>(_ type: Value.Type = Value.self) throws(TLVError) -> Value {
    try Value(element(Value.tag))
  }

  /// The next element as a `Value` if it is tagged `tag`.
  @inlinable public mutating func readIfPresent<Value: TLVContent>(
    _ tag: TLVTag, as type: Value.Type = Value.self
  ) throws(TLVError) -> Value? {
    guard let element = try elementIfPresent(tag) else { return nil }
    return try Value(element)
  }

  /// The next element if it bears its type's own tag.
  @inlinable public mutating func readIfPresent<Value: TLVMessage>(_ type: Value.Type = Value.self) throws(TLVError)
    -> Value?
  {
    try readIfPresent(Value.tag, as: Value.self)
  }

  // MARK: Header

  private func byte(_ cursor: inout Int) throws(TLVError) -> UInt8 {
    guard cursor < bytes.endIndex else { throw .truncated }
    defer { cursor += 1 }
    return bytes[cursor]
  }

  private func tag(_ cursor: inout Int) throws(TLVError) -> TLVTag {
    let first = try byte(&cursor)
    guard first & 0x1F == 0x1F else { return TLVTag(rawValue: UInt32(first)) }
    let second = try byte(&cursor)
    guard second != 0x80 else { throw .malformedTag }
    guard second & 0x80 != 0 else {
      // X.690 §8.1.2.4 wants numbers below 31 in the short form.
      guard second >= 31 else { throw .malformedTag }
      return TLVTag(rawValue: UInt32(first) << 8 | UInt32(second))
    }
    let third = try byte(&cursor)
    guard third & 0x80 == 0 else { throw .malformedTag }
    return TLVTag(rawValue: UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third))
  }

  private func length(_ cursor: inout Int) throws(TLVError) -> Int {
    let first = try byte(&cursor)
    guard first & 0x80 != 0 else { return Int(first) }
    let count = Int(first & 0x7F)
    guard (1...4).contains(count) else { throw .malformedLength }
    var length = 0
    for _ in 0..<count { length = length << 8 | Int(try byte(&cursor)) }
    // X.690 §10.1: the definite form of length encoding shall be used, encoded in the minimum number of octets.
    guard length >= (count == 1 ? 0x80 : 1 << (8 * (count - 1))) else { throw .malformedLength }
    return length
  }
}
