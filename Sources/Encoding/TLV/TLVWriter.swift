import Bytes

/// Writes TLVs in DER, front to back into one buffer.
///
/// A constructed element's length is known only after its content: one byte is kept for it and the content moves up
/// by one to four bytes where that is too little, which costs less than encoding twice.
public struct TLVWriter: Sendable {
  /// What has been written.
  public internal(set) var bytes: [UInt8]

  /// An empty writer; `capacity` bytes are reserved.
  public init(capacity: Int = 64) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// An element with the given value.
  @inlinable public mutating func write(_ tag: TLVTag, bytes content: some Collection<UInt8>) {
    append(tag)
    appendLength(content.count)
    append(encoded: content)
  }

  /// An element whose value is what `body` writes.
  @inlinable public mutating func write(_ tag: TLVTag, _ body: (inout TLVWriter) -> Void) {
    append(tag)
    let start = beginLength()
    body(&self)
    endLength(from: start)
  }

  /// Keeps a byte for the length of what follows; returns its place.
  @usableFromInline mutating func beginLength() -> Int {
    bytes.append(0)
    return bytes.count
  }

  /// Writes the length of everything after `start`.
  @usableFromInline mutating func endLength(from start: Int) {
    let length = bytes.count - start
    if length < 0x80 {
      bytes[start - 1] = UInt8(length)
    } else {
      bytes.replaceSubrange(start - 1..<start, with: Self.length(length))
    }
  }

  /// An element that is already encoded, as it is.
  @inlinable public mutating func append(encoded: some Collection<UInt8>) {
    let isContiguous: Void? = encoded.withContiguousStorageIfAvailable { append($0) }
    if isContiguous == nil { for byte in encoded { append(byte) } }
  }

  @usableFromInline mutating func append(_ content: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: content) }

  @usableFromInline mutating func append(_ byte: UInt8) { bytes.append(byte) }

  // MARK: Typed values

  /// `value` under `tag`.
  @inlinable public mutating func write(_ tag: TLVTag, _ value: some TLVContent) {
    write(tag) { writer in value.encodeContent(to: &writer) }
  }

  /// `value` under `tag`, or nothing.
  @inlinable public mutating func write(_ tag: TLVTag, _ value: (some TLVContent)?) {
    if let value { write(tag, value) }
  }

  /// `value` under its type's own tag.
  @inlinable public mutating func write<Value: TLVMessage>(_ value: Value) { write(Value.tag, value) }

  /// `value` under its type's own tag, or nothing.
  @inlinable public mutating func write<Value: TLVMessage>(_ value: Value?) { if let value { write(Value.tag, value) } }

  // MARK: Header

  /// A tag alone: for transfers that send header and value apart.
  public mutating func append(_ tag: TLVTag) {
    if tag.rawValue > 0xFFFF { bytes.append(UInt8(truncatingIfNeeded: tag.rawValue >> 16)) }
    if tag.rawValue > 0xFF { bytes.append(UInt8(truncatingIfNeeded: tag.rawValue >> 8)) }
    bytes.append(UInt8(truncatingIfNeeded: tag.rawValue))
  }

  /// A length alone, in its shortest form.
  public mutating func appendLength(_ length: Int) {
    if length < 0x80 { bytes.append(UInt8(length)) } else { bytes.append(contentsOf: Self.length(length)) }
  }

  private static func length(_ length: Int) -> [UInt8] {
    switch length {
    case ..<0x80: [UInt8(length)]
    case ..<0x100: [0x81, UInt8(length)]
    case ..<0x1_0000: [0x82] + UInt16(length).bigEndianBytes
    case ..<0x100_0000: [0x83] + UInt32(length).bigEndianBytes.dropFirst()
    default: [0x84] + UInt32(length).bigEndianBytes
    }
  }
}
