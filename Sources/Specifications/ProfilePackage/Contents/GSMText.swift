/// Text in the files of a SIM: the default alphabet of TS 23.038, a byte a character, or UCS-2 (ETSI TS 102 221
/// Annex A).
public enum GSMText {
  /// The default alphabet, TS 23.038 §6.2.1; 1B leads to an extension that files do not use.
  private static let alphabet: [Character] = Array(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
      + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")

  private static let codes = [Character: UInt8](
    zip(alphabet, (0...127 as ClosedRange<UInt8>)), uniquingKeysWith: { first, _ in first })

  /// The text in at most `limit` bytes; nil where it does not fit or has characters beyond UCS-2.
  public static func encode(_ text: String, limit: Int) -> [UInt8]? {
    var bytes = text.compactMap { codes[$0] }
    if bytes.count != text.count {
      let units = Array(text.utf16)
      guard !units.contains(where: { 0xD800...0xDFFF ~= $0 }) else { return nil }
      bytes = [0x80] + units.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }
    return bytes.count <= limit ? bytes : nil
  }

  /// The text in `bytes`, up to their filling with FF; nil where it cannot be read.
  public static func decode(_ bytes: some Collection<UInt8>) -> String? {
    var content = Array(bytes)
    guard content.first == 0x80 else {
      content = Array(content.prefix { $0 != 0xFF })
      guard content.allSatisfy({ $0 < 0x80 }) else { return nil }
      return String(content.map { alphabet[Int($0)] })
    }
    let units = stride(from: 1, to: content.count - 1, by: 2).map { UInt16(content[$0]) << 8 | UInt16(content[$0 + 1]) }
    return String(decoding: units.prefix { $0 != 0xFFFF }, as: UTF16.self)
  }
}
