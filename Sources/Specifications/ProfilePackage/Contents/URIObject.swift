import TLV

/// A text in tag 80: IMPI, domain, one IMPU, a P-CSCF's name (TS 31.103 §4.2).
public struct URIObject: Hashable, Sendable {
  /// The text.
  public var text: String

  /// An object with `text`.
  public init(_ text: String) { self.text = text }

  /// The text in a file or record, which is filled with FF; nil where it is none.
  public init?(_ content: some Collection<UInt8>) {
    var reader = TLVReader(Array(content))
    guard let text = try? reader.read(0x80, as: String.self) else { return nil }
    self.text = text
  }

  /// The object without filling.
  public var bytes: [UInt8] {
    var writer = TLVWriter()
    writer.write(0x80, text)
    return writer.bytes
  }
}
