import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import SecureChannel
import SecureElement
import TLV
import Testing

@Suite("A managed eUICC takes a profile in") struct ProfileLoadingTests {
  func prepared() throws -> (manager: TestManager, isdp: AID, host: SCP03t.Host, tar: SCP80.TAR) {
    let manager = try TestManager()
    let isdp = try TestManager.isdp(1)
    #expect(try manager.status(.createISDP(isdp, memory: 100_000)) == .ok)
    let host = try manager.open(isdp, manager.establish(isdp, version: 0x30))
    return (manager, isdp, host, try #require(SCP80.TAR(SecurityDomains.tar(of: isdp))))
  }

  @Test("segments that are doubled, left out, changed or another's end the download; the ISD-P can begin again")
  func splicing() throws {
    var (manager, isdp, host, tar) = try prepared()
    let package = try TestParties.package(1)
    func segment(_ start: Int) throws -> [UInt8] { try host.protect(package[start..<start + 500], as: .profile) }
    let first = try segment(0)
    _ = try segment(500)
    let third = try segment(1_000)
    #expect(try manager.exchange(first, to: tar)?.data.first == 0x86)
    #expect(try manager.exchange(third, to: tar)?.data.starts(with: [0x9F, 0x86]) == true)
    #expect(try manager.exchange(first, to: tar)?.data.starts(with: [0x9F, 0x86]) == true, "the session is over")
    #expect(manager.states() == [.enabled, .personalised])
    var again = try manager.open(isdp, manager.establish(isdp, version: 0x31), version: 0x31)
    #expect(try !manager.load(package, into: isdp, &again).isAborted)
    #expect(manager.states() == [.enabled, .disabled])
  }

  @Test("a package that is no profile leaves nothing, and the card says which element it was") func badPackage() throws
  {
    var (manager, isdp, host, _) = try prepared()
    let free = manager.memory.map.usedBytes
    var package = try TestParties.package(1)
    // The header's major version.
    let place = try #require(package.indices.first { package[$0...].starts(with: [0x80, 0x01, 0x02]) })
    package[place + 2] = 0x09
    let result = try manager.load(package, into: isdp, &host)
    #expect(result.isAborted)
    #expect(manager.states() == [.enabled, .personalised])
    #expect(manager.memory.map.usedBytes <= free + 64)
  }

  @Test("more bytes than the ISD-P was given are refused") func quota() throws {
    let manager = try TestManager()
    let isdp = try TestManager.isdp(1)
    #expect(try manager.status(.createISDP(isdp, memory: 1_000)) == .ok)
    var host = try manager.open(isdp, manager.establish(isdp, version: 0x30))
    let tar = try #require(SCP80.TAR(SecurityDomains.tar(of: isdp)))
    let package = try TestParties.package(1)
    let first = try host.protect(package[0..<600], as: .profile)
    #expect(try manager.exchange(first, to: tar)?.data.first == 0x86)
    let second = try host.protect(package[600..<1_200], as: .profile)
    #expect(try manager.exchange(second, to: tar)?.data == [0x9F, 0x86, 0x01, 0x05])
    #expect(manager.states() == [.enabled, .personalised])
  }

  @Test("SGP.02 §4.1.3.3: a profile that was protected beforehand comes under keys of its own") func replacedKeys()
    throws
  {
    var (manager, isdp, host, tar) = try prepared()
    let random = manager.parties.random
    let (chain, enc, mac) = (random.bytes(16), random.bytes(16), random.bytes(16))
    let command = try host.protect((chain + enc + mac)[...], as: .command)
    #expect(try host.open(try #require(try manager.exchange(command, to: tar)).data) == [])
    try host.replaceKeys(
      BSP.SessionKeys(sENC: Secret(enc), sMAC: Secret(mac), initialMACChainingValue: Secret(chain)))
    #expect(try !manager.load(TestParties.package(1), into: isdp, &host).isAborted)
  }

  @Test("a profile with the number of one that is there is refused") func doubled() throws {
    let manager = try TestManager()
    try manager.download(1)
    let isdp = try TestManager.isdp(2)
    #expect(try manager.status(.createISDP(isdp, memory: 0)) == .ok)
    var host = try manager.open(isdp, manager.establish(isdp, version: 0x30))
    #expect(throws: (any Error).self) { try manager.load(TestParties.package(1), into: isdp, &host) }
    #expect(manager.states() == [.enabled, .disabled, .personalised])
  }

  @Test("power cut at every durable write of a download: the ISD-P is as before, or the profile is there whole")
  func powerCuts() throws {
    let parties = TestParties()
    var write = 0
    var isWhole = false
    while !isWhole, write < 40 {
      write += 1
      let storage = PowerCutLog(VolatileLog())
      let manager = try TestManager(parties, memory: LogMemory(storage))
      storage.cut(atWrite: write, write % 2 == 0 ? .afterBytes(30) : .afterWrite)
      isWhole = (try? manager.download(1)) != nil
      storage.cut(atWrite: .max, .afterWrite)
      try manager.powerOn()
      #expect(manager.states().filter { $0 == .enabled }.count == 1, "write \(write)")
      let state = manager.states().dropFirst().first
      if state != .disabled {
        if state != nil { #expect(try manager.status(.deleteProfile(TestManager.isdp(1))) == .ok) }
        try manager.download(1)
      }
      #expect(manager.states() == [.enabled, .disabled], "write \(write)")
    }
    #expect(isWhole && write > 5)
  }
}
