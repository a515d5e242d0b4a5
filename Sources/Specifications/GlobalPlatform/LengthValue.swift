import Identifiers
import TLV

/// Why a command's data field is refused: one sentence.
public struct CodingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String
  init(_ description: String) { self.description = description }
}

/// Values behind their lengths, as INSTALL and receipts have them: one byte, or 81 and 82 forms from 128 on.
struct LengthValueReader {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next value.
  mutating func value(_ name: String) throws(CodingError) -> [UInt8] {
    guard let first = rest.first else { throw CodingError("the length of the \(name) is missing") }
    var (count, head) = (Int(first), 1)
    if first > 0x80 {
      head = 1 + Int(first & 0x7F)
      guard head <= 3, rest.count >= head else { throw CodingError("the length of the \(name) is malformed") }
      count = rest.dropFirst().prefix(head - 1).reduce(0) { $0 << 8 | Int($1) }
      guard count >= (head == 2 ? 0x80 : 0x100) else { throw CodingError("the length of the \(name) is malformed") }
    }
    guard first != 0x80, rest.count >= head + count else { throw CodingError("the \(name) is cut off") }
    defer { rest = rest.dropFirst(head + count) }
    return Array(rest.dropFirst(head).prefix(count))
  }

  /// The next value as an AID; nil where it is empty.
  mutating func aid(_ name: String) throws(CodingError) -> AID? {
    let bytes = try value(name)
    guard !bytes.isEmpty else { return nil }
    do { return try AID(bytes) } catch { throw CodingError("the \(name) is no AID: \(error)") }
  }

  /// Refuses bytes after the last value.
  func finish() throws(CodingError) {
    guard rest.isEmpty else { throw CodingError("bytes follow the last field") }
  }
}

/// `value` behind its length.
func lengthValue(_ value: [UInt8]) -> [UInt8] {
  var writer = TLVWriter(capacity: value.count + 3)
  writer.appendLength(value.count)
  return writer.bytes + value
}
