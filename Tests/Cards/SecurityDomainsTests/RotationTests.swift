import Bytes
import GlobalPlatform
import Keys
import SecureChannel
import SecureElement
import SecurityDomains
import Testing

@Suite("What security domains wrap") struct RotationTests {
  @Test("after a rotation a domain's keys open without the former master key") func rotation() throws {
    let log = VolatileLog()
    try ManagedCard(log).open()
    let new = Secret([UInt8](repeating: 2, count: 32))
    let closed = try ManagedCard(log, masterKey: new)
    try closed.select(ManagedCard.domain)
    let update = SCP03.Host.initializeUpdate(challenge: SystemRandomSource.shared.bytes(8), keyVersion: 0)
    #expect(try closed.raw(update.bytes).status == .referencedDataNotFound)
    let during = try KeyVault(current: new, former: [ManagedCard.masterKey])
    for _ in 0..<2 {
      try GlobalPlatformApplication.rewrap(LogMemory(log), vault: during, random: SystemRandomSource.shared)
    }
    let card = try ManagedCard(log, masterKey: new)
    try card.open()
    // Commands in the session are answered: ENC, MAC and DEK are all there.
    #expect(try card.registry(.issuerSecurityDomain).count == 1)
  }
}
