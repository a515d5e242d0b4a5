import Bytes
import TLV
import Testing
import UICC

@Suite("Access rules in expanded format (ETSI TS 102 221 §9.2.4)") struct AccessRuleTests {
  private func rule(_ hex: String) throws -> AccessRule { try AccessRule([UInt8](hex: hex)) }

  @Test("what no entry names is never allowed") func missing() throws {
    let rule = try rule("8001019000")
    #expect(rule.condition(for: .read) == .always)
    #expect(rule.condition(for: .update) == .never)
    #expect(rule.condition(for: .instruction(0x32)) == .never)
    #expect(try self.rule("FFFF").condition(for: .read) == .never)
  }

  @Test("a rule of GSMA's TS.48 profiles") func profile() throws {
    let rule = try rule(
      "800103A406830101950108800118A406830181950108800140A40683010A9501088401D4A40683010A950108FFFFFFFF")
    #expect(rule.condition(for: .read) == .pin(.pin1))
    #expect(rule.condition(for: .update) == .pin(.pin1))
    #expect(rule.condition(for: .activate) == .pin(.pin2))
    #expect(rule.condition(for: .deactivate) == .pin(.pin2))
    #expect(rule.condition(for: .delete) == .pin(.adm1))
    #expect(rule.condition(for: .instruction(0xD4)) == .pin(.adm1))
    #expect(rule.condition(for: .instruction(0x32)) == .never)
  }

  @Test("templates OR and AND, and several conditions of one entry") func templates() throws {
    #expect(
      try rule("800101A00AA403830101A40383010A9700").condition(for: .read)
        == .any([.any([.pin(.pin1), .pin(.adm1)]), .never]))
    #expect(
      try rule("800102AF0AA403830101A403830181").condition(for: .update) == .all([.pin(.pin1), .pin(.pin2)]))
    #expect(try rule("800101A4038301019000").condition(for: .read) == .any([.pin(.pin1), .always]))
  }

  @Test("every cut of a rule is refused, or allows less") func truncation() throws {
    let whole = try [UInt8](hex: "800101A40683010195010880010290008401329000")
    for length in 0..<whole.count {
      guard let rule = try? AccessRule(whole.prefix(length)) else { continue }
      for operation in [AccessRule.Operation.read, .update, .instruction(0x32)] {
        let condition = rule.condition(for: operation)
        let full = try AccessRule(whole).condition(for: operation)
        #expect(condition == .never || condition == full)
      }
    }
  }

  @Test(
    "what cannot be understood is refused", arguments: ["9000", "800101B600", "800101A403950108", "800101A40483020101"])
  func malformed(hex: String) throws { #expect(throws: TLVError.self) { try rule(hex) } }
}
