import AuC
import CircleOfTrust
import ConnectivityManagement
import Identifiers
import Bytes
import Keys
import MutualAuthentication
import Store
import StoreSQLite
import Transport

extension ProvisioningCircle {
  /// The connectivity management of the operator called `name`, over `party`'s store.
  func desk(_ party: SimulatedParty, name: String) throws -> ConnectivityManagement.Desk {
    try ConnectivityManagement.Desk(store: party.store, settings: .init(name: name), trust: CircleInForce(circle))
  }

  func startOperator(_ party: SimulatedParty, name: String) throws {
    try party.start { [self] party in
      let desk = try desk(party, name: name)
      try DeviceProvisioning.resume(desk, now: party.given.now, over: party.link)
      return .init(
        respond: { _ in Reply(status: 404) },
        work: { try DeviceProvisioning.run(desk, now: party.given.now, over: party.link) },
        nextDue: { try desk.nextDue() })
    }
  }

  /// The AuC of the operator called `name`, with its subscribers.
  func auc(of name: String, random: any RandomSource, now: Instant) throws -> AuC.Desk {
    let store = try SQLiteStore.inMemory()
    try store.migrate([EventRecord.schema, SubscriberTable.schema, LocationTable.schema])
    let desk = AuC.Desk(store: store, vault: vault)
    let own = try subscribers.filter { $0.mno == name }.map { subscriber in
      try AuC.Subscriber(
        imsi: subscriber.imsi,
        credentials: AuC.Credentials(k: subscriber.k, algorithm: .milenage(opc: subscriber.opc)))
    }
    try desk.add(own, now: now, random: random)
    return desk
  }
}
