import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureElement
import SecurityDomains
import TLV
import TestSupport
import Testing

@Suite("GlobalPlatform: where a card comes to an end, and what an issuer takes back") struct LimitTests {
  @Test("§11.1.6: after the receipt FFFF a card stores and deletes nothing more that needs one, and loses nothing")
  func lastReceipt() throws {
    let shared = try SharedCard([.securityDomain, .authorizedManagement])
    // The counter stands in the card's own record (81): one receipt before the last.
    let key = MemoryKey(.application(4), 0)
    let memory = shared.card.memory
    var record = try #require(memory.map[key])
    let place = try #require(record.indices.dropLast(2).first { record[$0] == 0x81 && record[$0 + 1] == 1 })
    record.replaceSubrange(place..<place + 3, with: [0x81, 0x03, 0x00, 0xFF, 0xFE])
    record[1] += 2
    let transaction = MemoryTransaction(over: memory)
    transaction.write(key, record)
    try transaction.commit()

    let loaded = try shared.card.load(SharedCard.file)
    #expect(loaded.status == .ok)
    #expect(try Receipt.read(loaded.data)?.confirmation.counter == 0xFFFF)
    let before = ContentTests.contents(shared.card)
    #expect(try shared.card.installPackage().status == .conditionsOfUse)
    #expect(try shared.delete(ContentNames.file, number: 0, by: nil).status == .conditionsOfUse)
    #expect(ContentTests.contents(shared.card) == before)
    // What needs no receipt goes on: the issuer still sees and manages its own.
    try shared.card.open()
    #expect(try shared.card.registry(.loadFiles).map(\.aid) == [ContentNames.file])
    #expect(try shared.card.install(.securityDomain, as: ContentNames.other).status == .ok)
  }

  @Test("C6: a signature over an older version does not bring it back, also after the newer one was deleted")
  func signedDowngrade() throws {
    let shared = try SharedCard([.securityDomain, .authorizedManagement, .dapVerification])
    func load(_ version: UInt16) throws -> StatusWord {
      let data = ManagedCard.package(version).encoded
      let block = LoadFile.DAPBlock(
        domain: ContentNames.provider, signature: try shared.provider.sign(sha256(data)))
      return try shared.card.load(LoadFile(dapBlocks: [block], dataBlock: data)).status
    }
    #expect(try load(1) == .ok)
    #expect(try shared.delete(ContentNames.file, number: 0, by: nil).status == .ok)
    #expect(try load(2) == .ok)
    #expect(try shared.delete(ContentNames.file, number: 0, by: nil).status == .ok)
    #expect(try load(1) == .conditionsOfUse)
    #expect(try load(2) == .ok)
  }

  @Test("C4: the issuer takes its consent back without the provider's token, and nothing else of the provider's")
  func consentTakenBack() throws {
    let shared = try SharedCard([.securityDomain, .tokenVerification, .authorizedManagement])
    func update(_ privileges: Privileges) throws -> StatusWord {
      try shared.card.send(
        Install(.registryUpdate(application: ContentNames.provider, privileges: privileges)).command()
      ).status
    }
    #expect(try shared.card.load(SharedCard.file).status == .ok)
    try shared.card.open()
    #expect(try update([.securityDomain, .authorizedManagement]) == .conditionsOfUse, "token verification taken away")
    #expect(try update(.securityDomain) == .conditionsOfUse)
    #expect(
      try update([.securityDomain, .tokenVerification, .delegatedManagement]) == .conditionsOfUse, "another leave")
    #expect(try update([.securityDomain, .tokenVerification]) == .ok)
    #expect(
      try update([.securityDomain, .tokenVerification, .authorizedManagement]) == .conditionsOfUse, "given again")
    #expect(try shared.delete(ContentNames.file, number: 0, by: nil).status == .conditionsOfUse)
    try shared.openProvider()
    #expect(try shared.card.installPackage().status == .conditionsOfUse)
    #expect(try shared.card.registry(.loadFiles).map(\.aid) == [ContentNames.file])
  }
}
