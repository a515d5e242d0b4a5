import Bytes
import CarrierTerminal
import CustomerManagement
import Foundation
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import StoreSQLite
import TestStores
import Testing
import Transport
import World

@Suite("Credit card numbers are sealed to the carrier, never kept, never logged") struct PlantedNumberTests {
  private static let numbers = ["4111111111111111", "5500005555555559", "340000000000009"]

  /// Each number as text and as bytes in hexadecimal, with the usual separators.
  private func needles() -> [[UInt8]] {
    Self.numbers.flatMap { number -> [[UInt8]] in
      let groups = stride(from: 0, to: number.count, by: 4).map { number.dropFirst($0).prefix(4) }
      let plain = Array(number.utf8)
      return [
        plain, Array(groups.joined(separator: " ").utf8), Array(groups.joined(separator: "-").utf8),
        Array(plain.hex.utf8),
      ]
    }
  }

  private func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
    Data(haystack).range(of: Data(needle)) != nil
  }

  @Test("numbers planted in every kind of registration are in no file of the database, its log, nor the line's log")
  func planted() throws {
    let folder = try TestFolder()
    let store = try SQLiteStore(path: folder.file("carrier"))
    let company = TestCompany()
    let world = try RegistrationWorld(
      store: store, network: PLMN("00101"), numbers: 5, company: company,
      vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
      random: SeededRandomSource(seed: Array("planted".utf8)), now: Instant(seconds: 1_800_000_000))
    let applicant = TestApplicant()
    let line = TestLine(world.line())
    let handset = try world.makeHandset()
    let information = try handset.register(over: line, applicant: applicant)
    applicant.creditCard = Self.numbers[1]
    company.refuse(Self.numbers[1])
    #expect(throws: DeviceError.refused(.creditRefused)) {
      try handset.register(.creditCard, number: information.number, over: line, applicant: applicant)
    }
    applicant.creditCard = "3400-0000-0000-009"
    _ = try handset.register(.creditCard, number: information.number, over: line, applicant: applicant)
    _ = try world.makeHandset().register(.repair, number: information.number, over: line, applicant: applicant)
    var log = ""
    for (sent, received) in line.messages {
      for bytes in [sent, received] {
        log += "\(LinkEvent(peer: "carrier", direction: .sent, name: "line", text: bytes.hex, bytes: bytes))\n"
      }
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.contains("carrier") && files.contains("carrier-wal"))
    var haystacks = [Array(log.utf8)]
    for file in files { haystacks.append(Array(try Data(contentsOf: URL(fileURLWithPath: folder.file(file))))) }
    // The database is there, and it is the one: it has the telephone number and the masked card.
    #expect(haystacks.contains { contains($0, Array(information.number.utf8)) })
    #expect(haystacks.contains { contains($0, Array("•••• 1111".utf8)) })
    for needle in needles() {
      for haystack in haystacks { #expect(!contains(haystack, needle), "\(String(decoding: needle, as: UTF8.self))") }
    }
  }

  @Test("a number prints masked, wherever it is printed") func masked() throws {
    let number = try #require(CreditCardNumber("4111 1111 1111 1111"))
    for text in ["\(number)", "\(number.digits)", String(reflecting: number), "\([number])"] {
      #expect(!text.contains("411111"), "\(text)")
    }
    var dumped = ""
    dump(number, to: &dumped)
    #expect(!dumped.contains("411111") && !dumped.contains("52, 49, 49"))
  }
}
