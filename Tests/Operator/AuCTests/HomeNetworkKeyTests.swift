import AuC
import Bytes
import Identifiers
import Keys
import NetworkAccess
import Store
import TestStores
import Testing

@Suite("The home network's keys for concealed identities", .overEveryStore) struct HomeNetworkKeyTests {
  @Test(
    "TS 33.501 §C.3: what is concealed for a key that was made here is revealed here, and nowhere else",
    arguments: ECIES.Profile.allCases)
  func reveal(profile: ECIES.Profile) throws {
    let lab = try Laboratory(seed: "suci keys")
    let imsi = try Laboratory.imsi(77)
    let key = try lab.desk.makeHomeNetworkKey(profile, identifier: 27, now: lab.now, random: lab.random)
    func concealed(_ identifier: UInt8) throws -> SUCI {
      try SUCI(
        concealing: imsi, mncLength: 2, routingIndicator: "17",
        key: SUCI.PublicKeyChoice(profile, identifier: identifier, bytes: key.publicKey),
        ephemeral: lab.random.bytes(32))
    }
    #expect(try lab.desk.reveal(concealed(27)) == imsi)
    #expect(throws: SIDF.Refusal.self) { try lab.desk.reveal(concealed(28)) }
    #expect(key.orderColumn == "\(profile == .a ? "A" : "B") 27 \(key.publicKey.hex)")
    #expect(try lab.desk.homeNetworkKeys() == [key])
    #expect(throws: AuCError.knownHomeNetworkKey(27)) {
      try lab.desk.makeHomeNetworkKey(profile, identifier: 27, now: lab.now, random: lab.random)
    }
    try lab.desk.removeHomeNetworkKey(27, now: lab.now, random: lab.random)
    #expect(throws: SIDF.Refusal.self) { try lab.desk.reveal(concealed(27)) }
    #expect(throws: AuCError.unknownHomeNetworkKey(27)) {
      try lab.desk.removeHomeNetworkKey(27, now: lab.now, random: lab.random)
    }
  }

  @Test("a private key is wrapped for its identifier, and a rotation of the master key brings it along") func atRest()
    throws
  {
    let lab = try Laboratory(seed: "suci rotation")
    let (old, new) = (Secret(lab.random.bytes(32)), Secret(lab.random.bytes(32)))
    let before = Desk(store: lab.store, vault: try KeyVault(current: old))
    let key = try before.makeHomeNetworkKey(.a, identifier: 1, now: lab.now, random: lab.random)
    _ = try before.makeHomeNetworkKey(.b, identifier: 2, now: lab.now, random: lab.random)
    let suci = try SUCI(
      concealing: Laboratory.imsi(), mncLength: 2, routingIndicator: "0",
      key: SUCI.PublicKeyChoice(.a, identifier: 1, bytes: key.publicKey), ephemeral: lab.random.bytes(32))
    _ = try Desk(store: lab.store, vault: KeyVault(current: new, former: [old])).rewrap(random: lab.random)
    #expect(try Desk(store: lab.store, vault: KeyVault(current: new)).reveal(suci) == Laboratory.imsi())
    #expect(throws: AuCError.self) { try before.reveal(suci) }
    _ = try lab.store.transaction { transaction in
      try transaction.execute(
        "UPDATE auc_suci_key SET wrapped = (SELECT wrapped FROM auc_suci_key WHERE identifier = 2) WHERE identifier = 1"
      )
    }
    #expect(throws: AuCError.self) { try Desk(store: lab.store, vault: KeyVault(current: new)).reveal(suci) }
  }
}
