import Bytes
import Keys
import ManagedEUICC
import SGP02
import SecureChannel
import SecureElement
import Testing

@Suite("What a managed eUICC wraps") struct RotationTests {
  @Test("after the master key was rotated the card works as before, and needs the former one no more") func rotation()
    throws
  {
    let (former, current) = (Secret([UInt8](repeating: 7, count: 32)), Secret([UInt8](repeating: 8, count: 32)))
    let manager = try TestManager()
    #expect(try manager.status(.createISDP(TestManager.isdp(1), memory: 0)) == .ok)
    let set = try manager.establish(TestManager.isdp(1), version: 0x30)
    _ = try manager.call(.makeKey)
    manager.card.powerOff()

    let during = try KeyVault(current: current, former: [former])
    for _ in 0..<2 { try Manufacture.rewrap(manager.memory, vault: during, random: manager.parties.random) }
    let after = try KeyVault(current: current)
    let registered = try #require(try Manufacture.managementKeys(in: manager.memory, vault: after))
    #expect(registered.version == 1 && registered.keys == manager.personalisation.keySet.keys)
    #expect(SCP80.Counter(bytes: registered.counter)?.value == manager.counter)

    let again = try TestManager(taking: manager, vault: after)
    var host = try again.open(TestManager.isdp(1), set)
    #expect(try !again.load(TestParties.package(1), into: TestManager.isdp(1), &host).isAborted)
    let proof = try #require(IdentityProof(asker: "mno.example", nonce: again.parties.random.bytes(16)))
    #expect(try again.call(.proveIdentity(proof)).first?.status == .ok)
    #expect(try again.call(.makeKey).first?.status == .ok)
  }
}
