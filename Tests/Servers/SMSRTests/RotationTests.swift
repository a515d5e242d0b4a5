import Bytes
import Identifiers
import Keys
import SGP02
import SMSR
import SecureChannel
import Store
import TestStores
import Testing

@Suite("The SM-SR's master key", .overEveryStore) struct RotationTests {
  @Test("after a rotation the former master key opens nothing, and the eUICC is managed as before") func rotation()
    throws
  {
    let manager = try TestManager()
    _ = try manager.register().get()
    let (old, new) = (Secret([UInt8](repeating: 7, count: 32)), Secret([UInt8](repeating: 8, count: 32)))
    let both = try KeyVault(current: new, former: [old])
    var eid: String?
    var rounds = 0
    repeat {
      eid = try SMSR.Desk.rewrap(
        after: eid ?? "", limit: 1, vault: both, random: SystemRandomSource.shared, in: manager.store)
      rounds += 1
    } while eid != nil
    #expect(rounds == 2)
    let wrapped = try #require(
      try manager.store.read { try $0.first("SELECT kic, kid FROM sr_key_set") })
    for column in 0..<2 {
      #expect(!both.isOutdated(try wrapped(column)))
      #expect(throws: KeyError.self) {
        try KeyVault(current: old).unwrap(
          wrapped(column), context: "sr_key_set/\(manager.eid)/1/\(column == 0 ? "kic" : "kid")")
      }
    }
    // Who has the new key alone goes on.
    let after = try manager.rekeyed(KeyVault(current: new))
    var euicc = try after.euicc
    _ = try after.call(ES4.AuditEIS.self, .init(eid: after.eid), by: after.donor, "audit")
    try after.carry(&euicc)
    _ = try after.call(ES4.AuditEIS.self, .init(eid: after.eid), by: after.donor, "audit").get()
  }
}
