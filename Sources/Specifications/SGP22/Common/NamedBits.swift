import TLV

/// A BIT STRING whose bits have names; unknown bits and trailing zeros are kept as they arrived.
public struct NamedBits<Bit>: TLVContent, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible
where Bit: RawRepresentable<Int> & CaseIterable & Sendable & Hashable {
  /// The bits as they were read.
  public let bitString: BitString

  /// The shortest string with these bits set.
  public init(_ bits: some Sequence<Bit>) { bitString = BitString(bits: bits.map(\.rawValue)) }
  public init(arrayLiteral bits: Bit...) { self.init(bits) }
  public init(_ element: TLVElement) throws(TLVError) {
    guard element.content.count <= 16 else { throw .invalid(element.tag, "the BIT STRING is too long") }
    bitString = try BitString(element)
  }

  public func encodeContent(to writer: inout TLVWriter) { bitString.encodeContent(to: &writer) }

  /// Whether `bit` is set.
  public func contains(_ bit: Bit) -> Bool { bitString[bit.rawValue] }

  /// The bits that are set and have a name.
  public var named: [Bit] { Bit.allCases.filter(contains) }

  /// Whether no bit is set, named or not.
  public var isEmpty: Bool { bitString.bytes.allSatisfy { $0 == 0 } }

  public var description: String { named.map { "\($0)" }.joined(separator: " ") }
}
