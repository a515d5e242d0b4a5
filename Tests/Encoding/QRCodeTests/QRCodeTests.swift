import CPNG
import QRCode
import Testing

@Suite("QR codes") struct QRCodeTests {
  @Test("a code has the three finder patterns of ISO/IEC 18004 §6.3.3") func finders() throws {
    let code = try #require(QRCode("LPA:1$smdp.example$ABC-123"))
    for (row, column) in [(0, 0), (0, code.width - 7), (code.width - 7, 0)] {
      for offset in 0..<7 {
        #expect(code.isDark(row: row, column: column + offset))
        #expect(code.isDark(row: row + 6, column: column + offset))
        #expect(code.isDark(row: row + offset, column: column))
      }
      #expect(!code.isDark(row: row + 1, column: column + 1))
    }
    #expect(!code.isDark(row: -1, column: 0))
  }

  @Test("the terminal's picture has as many lines as half blocks need") func terminal() throws {
    let code = try #require(QRCode("LPA:1$smdp.example$ABC-123"))
    let lines = code.terminalText.split(separator: "\n")
    #expect(lines.count == (code.width + 4 + 1) / 2)
    #expect(lines.allSatisfy { $0.count == code.width + 4 })
    #expect(lines.first?.allSatisfy { $0 == "█" } == true)
  }

  @Test("the PNG, read back by libpng, shows every module and a quiet zone of four") func png() throws {
    let code = try #require(QRCode("LPA:1$smdp.example$ABC-123"))
    let bytes = try #require(code.png(scale: 3))
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    #expect(png_image_begin_read_from_memory(&image, bytes, bytes.count) != 0)
    image.format = 0
    let side = (code.width + 8) * 3
    #expect(image.width == side && image.height == side)
    var pixels = [UInt8](repeating: 0x55, count: side * side)
    #expect(png_image_finish_read(&image, nil, &pixels, 0, nil) != 0)
    for row in 0..<side {
      for column in 0..<side {
        #expect((pixels[row * side + column] == 0) == code.isDark(row: row / 3 - 4, column: column / 3 - 4))
      }
    }
    #expect(code.png(scale: 0) == nil && code.png(scale: 65) == nil)
  }

  @Test("the SVG's strokes are the dark modules") func svg() throws {
    let code = try #require(QRCode("LPA:1$smdp.example$ABC-123"))
    #expect(code.svg.contains("viewBox=\"0 0 \(code.width + 8) \(code.width + 8)\""))
    let stroke = try Regex(#"M(\d+) (\d+)h(\d+)v1H(\d+)z"#)
    var dark: Set<[Int]> = []
    for match in code.svg.matches(of: stroke) {
      let numbers = (1...4).compactMap { match.output[$0].substring.flatMap { Int($0) } }
      #expect(numbers[0] == numbers[3])
      for column in numbers[0]..<numbers[0] + numbers[2] { dark.insert([numbers[1] - 4, column - 4]) }
    }
    for row in 0..<code.width {
      for column in 0..<code.width {
        #expect(dark.contains([row, column]) == code.isDark(row: row, column: column))
      }
    }
  }

  @Test("what a code cannot hold gives none") func tooLong() {
    #expect(QRCode("") == nil)
    #expect(QRCode(String(repeating: "x", count: 3000)) == nil)
  }
}
