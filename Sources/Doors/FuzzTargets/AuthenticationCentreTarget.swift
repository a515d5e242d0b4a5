import AuC
import Bytes
import Identifiers
import Keys
import Store
import StoreSQLite

extension FuzzTarget {
  /// Datagrams of hostapd's EAP server, to a centre with one subscriber: one line comes of each, or nothing.
  static let eapSIMDatabase = FuzzTarget("eap-sim-db") { bytes in
    guard let centre = CentreSample.desk else { preconditionFailure("the sample is there") }
    let database = EAPSIMDatabase(centre)
    let answer = database.respond(
      to: bytes, now: Instant(seconds: 1_780_000_000), random: SeededRandomSource(seed: [4]))
    guard let answer else { return }
    precondition(answer.starts(with: Array("AKA-RESP-AUTH ".utf8)) || answer.starts(with: Array("SIM-RESP-AUTH ".utf8)))
    precondition(answer.count < 4096 && !answer.contains(0x0A), "an answer is one line")
  }
}

/// A centre that the target asks, made once.
private enum CentreSample {
  static let desk: AuC.Desk? = {
    do {
      let store = try SQLiteStore.inMemory()
      try store.migrate([EventRecord.schema, SubscriberTable.schema])
      let desk = AuC.Desk(store: store, vault: try KeyVault(current: Secret([UInt8](repeating: 7, count: 32))))
      let credentials = try Credentials(
        k: Secret([UInt8](repeating: 1, count: 16)), algorithm: .milenage(opc: Secret([UInt8](repeating: 2, count: 16)))
      )
      try desk.add(
        [Subscriber(imsi: IMSI("001010000000001"), credentials: credentials)], now: Instant(seconds: 1_780_000_000),
        random: SeededRandomSource(seed: [5]))
      return desk
    } catch { return nil }
  }()
}
