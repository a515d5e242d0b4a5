import Tables
import Testing

@Suite("Tables of orders") struct TablesTests {
  @Test("CSV: a row that cannot be read takes no other with it") func csv() throws {
    let (names, rows) = try CSVText.table("\u{FEFF}iccid,imsi\n1,\"2\n3,4\n5,6,7\n8\n\"9, \",\"\"\"10\"\n")
    #expect(names == ["iccid", "imsi"])
    #expect(rows.map { try? $0.get() } == [nil, ["3", "4"], nil, ["8"], ["9, ", "\"10"]])
    #expect(try CSVText.table("").rows.isEmpty)
  }

  @Test("YAML: scalars stay as they are written, and an item that is no mapping takes no other with it")
  func yaml() throws {
    let rows = try #require(try YAMLText.mappings("- {imsi: 001010000000001, k: 0x10}\n- 5\n- {a: [1]}\n- b: ''\n"))
    #expect(rows.map { try? $0.get() } == [["imsi": "001010000000001", "k": "0x10"], nil, nil, ["b": ""]])
    #expect(try YAMLText.mappings("a: 5") == nil)
  }

  @Test("YAML: what is nested too deep, or stands for too much by its aliases, is refused in a sentence")
  func bombs() throws {
    let deep = #expect(throws: YAMLText.Unreadable.self) { try YAMLText.node(String(repeating: "[", count: 100_000)) }
    #expect((deep?.description.utf8.count ?? 0) < 200)
    let ten = "[x, x, x, x, x, x, x, x, x, x]"
    let lines = (1...12).map {
      "a\($0): &a\($0) [" + [String](repeating: "*a\($0 - 1)", count: 10).joined(separator: ", ") + "]"
    }
    let many = #expect(throws: YAMLText.Unreadable.self) {
      try YAMLText.node("a0: &a0 \(ten)\n" + lines.joined(separator: "\n"))
    }
    #expect(many?.description == "its aliases stand for more than 100000 values")
    #expect(try YAMLText.node("a: &a {b: 1}\nc: *a") != nil)
  }
}
