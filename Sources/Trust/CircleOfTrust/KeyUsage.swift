import TLV

/// What a certificate's key may be used for (RFC 5280 §4.2.1.3).
public struct KeyUsage: OptionSet, TLVContent, Hashable, CustomStringConvertible {
  /// Bit n of the BIT STRING is 1 << n here.
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let digitalSignature = KeyUsage(rawValue: 1 << 0)
  public static let nonRepudiation = KeyUsage(rawValue: 1 << 1)
  public static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
  public static let dataEncipherment = KeyUsage(rawValue: 1 << 3)
  public static let keyAgreement = KeyUsage(rawValue: 1 << 4)
  public static let keyCertSign = KeyUsage(rawValue: 1 << 5)
  public static let cRLSign = KeyUsage(rawValue: 1 << 6)
  public static let encipherOnly = KeyUsage(rawValue: 1 << 7)
  public static let decipherOnly = KeyUsage(rawValue: 1 << 8)

  private static let names = [
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
    "cRLSign", "encipherOnly", "decipherOnly",
  ]

  public init(_ element: TLVElement) throws(TLVError) {
    let bits = try BitString(element)
    guard bits.bytes.count <= 2 else { throw .invalid(element.tag, "keyUsage has nine bits") }
    self.init(rawValue: (0..<Self.names.count).reduce(0) { bits[$1] ? $0 | 1 << UInt16($1) : $0 })
    // "When the keyUsage extension appears in a certificate, at least one of the bits MUST be set to 1."
    guard !isEmpty else { throw .invalid(element.tag, "keyUsage allows nothing") }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    BitString(bits: Self.names.indices.filter { rawValue & 1 << UInt16($0) != 0 }).encodeContent(to: &writer)
  }

  /// The names of the bits that are set.
  public var description: String {
    Self.names.enumerated().filter { rawValue & 1 << UInt16($0.offset) != 0 }.map(\.element).joined(separator: ", ")
  }
}
