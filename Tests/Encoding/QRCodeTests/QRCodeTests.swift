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

  @Test("what a code cannot hold gives none") func tooLong() {
    #expect(QRCode("") == nil)
    #expect(QRCode(String(repeating: "x", count: 3000)) == nil)
  }
}
