import TLV

/// The forms of GeneralName (RFC 5280 §4.2.1.6) that certificates of SGP.22 use.
enum GeneralName {
  /// [2] IA5String
  static let dNSName: TLVTag = 0x82
  /// [4] Name, explicit because Name is a CHOICE
  static let directoryName: TLVTag = 0xA4
  /// [6] IA5String
  static let uniformResourceIdentifier: TLVTag = 0x86
  /// [8] OBJECT IDENTIFIER
  static let registeredID: TLVTag = 0x88

  /// An IA5String of printable ASCII: a control character in a name is there to deceive somebody.
  static func text(_ element: TLVElement) throws(TLVError) -> String {
    guard !element.content.isEmpty, element.content.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw .invalid(element.tag, "the name is not printable ASCII")
    }
    return String(decoding: element.content, as: UTF8.self)
  }
}
