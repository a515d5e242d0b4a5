import Bytes
import Keys
import SGP02
import Testing

@Suite("An SM-SR that relays a profile") struct RelayTests {
  /// Stretches of the profile, which would show in what the SM-SR reads.
  static let stretch = 12

  @Test("reads nothing of it: no stretch of the package, nor K, stands in what its keys open") func unreadable() throws
  {
    let manager = try TestManager()
    try manager.download(1)
    let package = try TestParties.package(1)
    func stretches(_ bytes: [UInt8]) -> Set<[UInt8]> {
      Set(bytes.indices.dropLast(Self.stretch - 1).map { Array(bytes[$0..<$0 + Self.stretch]) })
    }
    // The SM-SR sees every packet in clear, both ways; zeros and fillers stand everywhere.
    let seen = manager.seen.reduce(into: Set<[UInt8]>()) { $0.formUnion(stretches($1)) }
    let profile = stretches(package).filter { Set($0).count > 3 }
    #expect(profile.count > 500 && seen.count > 1_000)
    #expect(seen.isDisjoint(with: profile))
    let k = SeededRandomSource(seed: Array("profile 1".utf8)).bytes(16)
    #expect(stretches(package).isSuperset(of: stretches(k)), "K stands in the package")
    #expect(seen.isDisjoint(with: stretches(k)))
  }

  @Test("what a provisioning costs in messages: creation, keys, profile, enabling and its confirmation") func cost()
    throws
  {
    let manager = try TestManager()
    try manager.attach()
    let before = manager.traffic
    try manager.download(1)
    #expect(try manager.status(.enableProfile(TestManager.isdp(1))) == .ok)
    try manager.attach()
    // docs/managed-euicc.md tells the same numbers.
    #expect(try TestParties.package(1).count == 2_948)
    #expect(manager.traffic.messages - before.messages == 35)
    #expect(manager.traffic.bytes - before.bytes == 4_740)
  }
}
