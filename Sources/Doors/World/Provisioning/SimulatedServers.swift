import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import SMDP
import SMSR
import Stations
import Store

extension ProvisioningCircle {
  private func requesters(_ parties: [String: Identity]) -> Requesters {
    Requesters(parties.map { .init(identifier: $0.key, fingerprints: [sha256($0.value.certificate.encoded)]) })
  }

  /// The SM-SR, whose books have the eUICC, over short messages.
  func startManager(_ party: SimulatedParty) throws {
    let trust = CircleInForce(circle)
    try party.start { [self] party in
      let desk = try SMSR.Desk(
        store: party.store, certificate: manager.certificate, key: manager.key, vault: vault, trust: trust,
        makers: requesters([Self.names.maker: maker]), operators: requesters(operators),
        smdps: requesters([Self.names.provider: provider]), now: Self.start)
      guard let number = Self.address else { throw StoreError.unexpected("the SM-SR's number") }
      let dispatch = Dispatch(
        desk, messages: ShortMessages(desk, number: number),
        gateway: .init(
          host: ShortMessageCentre.host, requester: Self.names.manager,
          callers: requesters([ShortMessageCentre.identifier: centre])))
      return .init(
        respond: { message in
          dispatch.respond(to: message, given: party.given)
            ?? SMSR.Route(desk) { [given = party.given] in given }.respond(to: message)
        }, work: { try dispatch.send(given: party.given, over: party.link) }, nextDue: { try desk.nextDue() })
    }
  }

  /// The SM-DP, which has the profiles of `stock`.
  func startProvider(_ party: SimulatedParty, stock: [Subscriber]) throws {
    let trust = CircleInForce(circle)
    func desk(_ party: SimulatedParty) throws -> SMDP.Desk {
      try SMDP.Desk(
        store: party.store, certificate: download.certificate, key: download.key, vault: vault, trust: trust,
        operators: requesters(operators))
    }
    let first = try desk(party)
    for subscriber in stock {
      try first.stock(subscriber.package, as: subscriber.iccid, of: subscriber.mno, given: party.given)
    }
    try party.start { party in
      let desk = try desk(party)
      try ProfileDownload.resume(desk, given: party.given, over: party.link)
      return .init(
        respond: { message in SMDP.Route(desk) { [given = party.given] in given }.respond(to: message) },
        work: { try ProfileDownload.run(desk, given: party.given, over: party.link) },
        nextDue: { try desk.nextDue() })
    }
  }
}
