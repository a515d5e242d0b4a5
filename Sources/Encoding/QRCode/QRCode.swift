import CQREncode

/// A QR code (ISO/IEC 18004), made by libqrencode; it renders itself for terminals, as SVG and as PNG.
public struct QRCode: Sendable {
  /// Modules a side, quiet zone not counted.
  public let width: Int
  private let dark: [Bool]

  /// The code for `text` with error correction level M; nil where the text is empty or longer than a code holds.
  public init?(_ text: String) {
    guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return nil }
    defer { QRcode_free(code) }
    let side = Int(code.pointee.width)
    width = side
    // libqrencode: the least significant bit of each byte says whether the module is dark.
    dark = (0..<side * side).map { code.pointee.data[$0] & 1 == 1 }
  }

  /// Whether the module is dark; all is light outside the code.
  public func isDark(row: Int, column: Int) -> Bool {
    (0..<width).contains(row) && (0..<width).contains(column) && dark[row * width + column]
  }

  /// Two rows of modules to a line of half blocks, light on dark, with a quiet zone of two modules: a phone reads it
  /// from a dark terminal.
  public var terminalText: String {
    stride(from: -2, to: width + 2, by: 2).map { row in
      (-2..<width + 2).map { column in
        switch (isDark(row: row, column: column), isDark(row: row + 1, column: column)) {
        case (false, false): "█"
        case (false, true): "▀"
        case (true, false): "▄"
        case (true, true): " "
        }
      }.joined()
    }.joined(separator: "\n")
  }
}
