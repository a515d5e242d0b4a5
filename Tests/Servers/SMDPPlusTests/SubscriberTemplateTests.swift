import Bytes
import Identifiers
import ProfilePackage
import SMDPPlus
import Testing

@Suite("What an order says of its subscriber becomes a package") struct SubscriberTemplateTests {
  private func package(_ more: [String: String]) throws -> Package {
    let values = [
      "imsi": "001010123456789", "k": String(repeating: "11", count: 16), "opc": String(repeating: "22", count: 16),
    ]
    let data = PersonalValues(values.merging(more) { $1 })
    let subject = SubscriberTemplate(try BaseProfile.template())
    return try Package(decoding: subject.package(iccid: ICCID("89882110000000000008"), personalData: data))
  }

  @Test("the home network's keys stand in EF.SUCI_Calc_Info, most wanted first", arguments: ["terminal", "usim"])
  func suci(calculator: String) throws {
    let (a, b) = (String(repeating: "0A", count: 32), "02" + String(repeating: "0B", count: 32))
    let package = try package(["suci": "B 27 \(b); A 30 \(a); null", "sucicalculator": calculator])
    let profile = ResolvedProfile(package)
    let file = profile.file(calculator == "usim" ? [0x7FD0, 0x5FD0, 0x4F01] : [0x7FD0, 0x5FC0, 0x4F07])
    let content = try #require(file).contents
    let info = try #require(SUCICalculationInfo(content))
    #expect(info.schemes.map(\.scheme) == [.profileB, .profileA, .null])
    #expect(info.keys.map(\.identifier) == [27, 30])
    #expect(info.keys.map(\.bytes.hex) == [b, a])
  }

  @Test("keys of the security domain stand in its keyList, a set for each version") func domainKeys() throws {
    let key = String(repeating: "42", count: 16)
    let package = try package(["sdkeys": "30 \(key) \(key) \(key); 01 \(key) \(key) \(key)"])
    let keys = try #require(package.first(PE.SecurityDomain.self)?.keyList)
    #expect(keys.map(\.keyVersionNumber) == [[0x30], [0x30], [0x30], [0x01], [0x01], [0x01]])
    #expect(keys.allSatisfy { $0.keyComponents.count == 1 })
  }

  @Test(
    "what is no list of keys is refused, and the complaint names the column and never the value",
    arguments: [
      ("suci", "B 27 00"), ("suci", "C 1 \(String(repeating: "0a", count: 32))"), ("suci", ";"), ("suci", "A 999 00"),
      ("sdkeys", "30 42"), ("sdkeys", "3030 42 42 42"), ("sucicalculator", "network"),
    ])
  func refused(column: String, value: String) throws {
    let problem = #expect(throws: OrderImport.RowProblem.self) { try package([column: value]) }
    #expect(problem.map { "\($0)".contains(column) && !"\($0)".contains(value) } == true)
  }
}
