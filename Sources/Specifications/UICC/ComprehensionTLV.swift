import Bytes
import TLV

/// A COMPREHENSION-TLV data object of the card application toolkit (ETSI TS 101 220 §7.1.1, TS 102 223 §8).
public struct ComprehensionTLV: Hashable, Sendable {
  /// The tag without its comprehension flag: 1 to 7E, or three-byte tags up to 7FFF.
  public var tag: UInt16
  /// The comprehension flag: who does not understand the object cannot carry out the command.
  public var isRequired: Bool
  /// The value.
  public var value: [UInt8]

  /// The object `tag`.
  public init(_ tag: UInt16, isRequired: Bool = true, _ value: [UInt8]) {
    (self.tag, self.isRequired, self.value) = (tag & 0x7FFF, isRequired, value)
  }

  /// The objects that `bytes` consist of.
  public static func list(_ bytes: some Collection<UInt8>) throws(TLVError) -> [ComprehensionTLV] {
    var rest = Array(bytes)[...]
    func byte() throws(TLVError) -> Int {
      guard let byte = rest.popFirst() else { throw .truncated }
      return Int(byte)
    }
    var list: [ComprehensionTLV] = []
    while !rest.isEmpty {
      let first = try byte()
      let (tag, flag): (Int, Int)
      switch first {
      // TS 101 220 §7.1.1.1: 00, 80 and FF are no tags; 7F begins a tag of three bytes.
      case 0x00, 0x80, 0xFF: throw .malformedTag
      case 0x7F:
        let high = try byte()
        (tag, flag) = ((high & 0x7F) << 8 | (try byte()), high & 0x80)
      default: (tag, flag) = (first & 0x7F, first & 0x80)
      }
      var length = try byte()
      if length > 0x7F {
        let count = length & 0x7F
        guard (1...3).contains(count) else { throw .malformedLength }
        length = 0
        for _ in 0..<count { length = length << 8 | (try byte()) }
      }
      guard length <= rest.count else { throw .truncated }
      list.append(ComprehensionTLV(UInt16(tag), isRequired: flag != 0, Array(rest.prefix(length))))
      rest = rest.dropFirst(length)
    }
    return list
  }

  /// The object with tag and length.
  public var encoded: [UInt8] {
    let flag: UInt8 = isRequired ? 0x80 : 0
    let head = tag < 0x7F ? [UInt8(tag) | flag] : [0x7F, UInt8(tag >> 8) | flag, UInt8(truncatingIfNeeded: tag)]
    var writer = TLVWriter()
    writer.appendLength(value.count)
    return head + writer.bytes + value
  }
}

extension [ComprehensionTLV] {
  /// The first object with this tag.
  public func first(_ tag: UInt16) -> ComprehensionTLV? { first { $0.tag == tag } }
}
