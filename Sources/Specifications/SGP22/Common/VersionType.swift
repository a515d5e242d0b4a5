import TLV

/// A version of three numbers.
///
/// ```
/// VersionType ::= OCTET STRING (SIZE(3))   -- '02 05 00' is v2.5.0
/// ```
public struct VersionType: TLVContent, Hashable, Comparable, CustomStringConvertible {
  /// First number.
  public let major: UInt8
  /// Second number.
  public let minor: UInt8
  /// Third number.
  public let revision: UInt8

  /// major.minor.revision.
  public init(_ major: UInt8, _ minor: UInt8, _ revision: UInt8) {
    (self.major, self.minor, self.revision) = (major, minor, revision)
  }

  /// "2.5.0"; nil where the text is no version.
  public init?(_ text: some StringProtocol) { self.init(Array(text.utf8)[...]) }

  init?(_ text: ArraySlice<UInt8>) {
    var numbers: [UInt8] = []
    var number: Int?
    for digit in text + [UInt8(ascii: ".")] {
      switch (digit, number) {
      case (0x30...0x39, _):
        let next = (number ?? 0) * 10 + Int(digit - 0x30)
        guard next <= 0xFF else { return nil }
        number = next
      case (UInt8(ascii: "."), let part?):
        numbers.append(UInt8(part))
        number = nil
      default: return nil
      }
    }
    guard numbers.count == 3 else { return nil }
    self.init(numbers[0], numbers[1], numbers[2])
  }

  public init(_ element: TLVElement) throws(TLVError) {
    let bytes = Array(element.content)
    guard bytes.count == 3 else { throw .invalid(element.tag, "a version has 3 bytes") }
    self.init(bytes[0], bytes[1], bytes[2])
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: [major, minor, revision]) }

  public static func < (a: VersionType, b: VersionType) -> Bool {
    (a.major, a.minor, a.revision) < (b.major, b.minor, b.revision)
  }

  public var description: String { "\(major).\(minor).\(revision)" }
}
