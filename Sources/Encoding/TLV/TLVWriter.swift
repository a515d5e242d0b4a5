import Bytes

/// Writes TLVs in DER, front to back into one buffer.
///
/// A constructed element's length is known only after its content: one byte is kept for it and the content moves up
/// by one to four bytes where that is too little, which costs less than encoding twice.
public struct TLVWriter: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8]

  /// An empty writer; `capacity` bytes are reserved.
  public init(capacity: Int = 64) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// An element with the given value.
  public mutating func write(_ tag: TLVTag, bytes content: some Collection<UInt8>) {
    append(tag)
    appendLength(content.count)
    bytes.append(contentsOf: content)
  }

  /// An element whose value is what `body` writes.
  public mutating func write(_ tag: TLVTag, _ body: (inout TLVWriter) -> Void) {
    append(tag)
    let start = bytes.count
    bytes.append(0)
    body(&self)
    let length = bytes.count - start - 1
    if length < 0x80 {
      bytes[start] = UInt8(length)
    } else {
      bytes.replaceSubrange(start...start, with: Self.length(length))
    }
  }

  /// An element that is already encoded, as it is.
  public mutating func append(encoded: some Collection<UInt8>) { bytes.append(contentsOf: encoded) }

  // MARK: Typed values

  /// `value` under `tag`.
  public mutating func write(_ tag: TLVTag, _ value: some TLVContent) {
    write(tag) { writer in value.encodeContent(to: &writer) }
  }

  /// `value` under `tag`, or nothing.
  public mutating func write(_ tag: TLVTag, _ value: (some TLVContent)?) {
    if let value { write(tag, value) }
  }

  /// `value` under its type's own tag.
  public mutating func write<Value: TLVMessage>(_ value: Value) { write(Value.tag, value) }

  /// `value` under its type's own tag, or nothing.
  public mutating func write<Value: TLVMessage>(_ value: Value?) { if let value { write(Value.tag, value) } }

  // MARK: Header

  /// A tag alone: for transfers that send header and value apart.
  public mutating func append(_ tag: TLVTag) {
    for index in (0..<tag.length).reversed() { bytes.append(UInt8(truncatingIfNeeded: tag.rawValue >> (8 * index))) }
  }

  /// A length alone, in its shortest form.
  public mutating func appendLength(_ length: Int) { bytes.append(contentsOf: Self.length(length)) }

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
