import Bytes
import EUICC
import Foundation
import Identifiers
import Keys
import ProfilePackage
import SecureElement
import TestSupport
import Testing
import World

/// What an eUICC costs in memory. SIMURGH_CARDS says how many are made; `make long` makes 10,000.
@Suite("Many eUICCs in one process", .serialized) struct FleetTests {
  private static let count = ProcessInfo.processInfo.environment["SIMURGH_CARDS"].flatMap(Int.init) ?? 500

  /// Bytes of the process that are in memory, what the allocator keeps for later included.
  private static func resident() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(fields[1])) * 4096
  }

  @Test("cards that downloaded a profile each, with keys of their own, take no more than 16 KiB while they are idle")
  func idle() async throws {
    // Other tests take memory too, so the cards have a process to themselves.
    await #expect(processExitsWith: .success) { try FleetTests.measure() }
  }

  private static func measure() throws {
    let circle = try TestCircle()
    let server = try TestServer(circle)
    let template = try BaseProfile.template()
    var cards: [TestCard] = []
    func make(_ number: Int) throws {
      let random = SeededRandomSource(seed: Array("subscriber \(number)".utf8))
      let iccid = try ICCID("8988211000000\(100_000 + number)")
      let person = PersonalData(
        iccid: iccid, imsi: try IMSI("001010000\(100_000 + number)"),
        authentication: .milenage(k: Secret(random.bytes(16)), opc: Secret(random.bytes(16))))
      let package = try template.personalise(with: person.completed(random: random)).encoded
      let card = try TestCard(circle.personalisation(seed: "card \(number)"), installer: PackageInstaller())
      let result = try server.download(server.contents(iccid, package: package), into: card)
      #expect(result.success != nil, "\(result.data)")
      card.card.powerOff()
      cards.append(card)
    }
    for number in 0..<100 { try make(number) }
    let before = try resident()
    for number in 100..<(100 + count) { try make(number) }
    let off = try (resident() - before) / count
    for card in cards { try card.powerOn() }
    let on = try (resident() - before) / count
    #expect(off <= 16_384, "without power, of \(count)")
    #expect(on <= 16_384, "with power, of \(count)")
    // They are all there: the last one knows its profile, and it is not the first one's.
    let (first, last) = (cards[0], cards[cards.count - 1])
    #expect(try last.profiles().count == 1)
    #expect(try first.profiles()[0].iccid != last.profiles()[0].iccid)
  }
}
