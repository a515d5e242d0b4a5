import AddressDirectory
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
import Transport
import UICC

extension ProvisioningCircle {
  private func requesters(_ parties: [String: Identity]) -> Requesters {
    Requesters(parties.map { .init(identifier: $0.key, fingerprints: [sha256($0.value.certificate.encoded)]) })
  }

  /// The SM-SR `own` of the mesh, over short messages.
  func startManager(_ party: SimulatedParty, as own: MeshMember) throws {
    let trust = CircleInForce(circle)
    try party.start { [self] party in
      guard let number = ShortMessageAddress(own.number) else { throw StoreError.unexpected("the SM-SR's number") }
      let desk = try SMSR.Desk(
        store: party.store, certificate: own.identity.certificate, key: own.identity.key, vault: vault, trust: trust,
        makers: requesters([Self.names.maker: maker]), operators: requesters(operators),
        smdps: requesters([Self.names.provider: provider]),
        card: .init(certificate: own.certificate, key: own.key, address: number.dialling), now: Self.start)
      let dispatch = Dispatch(
        desk, messages: ShortMessages(desk, number: number),
        gateway: .init(
          host: ShortMessageCentre.host, requester: own.name,
          callers: requesters([ShortMessageCentre.identifier: centre])))
      let manager = Manager(desk: desk, mesh: mesh(of: own, party, trust), random: party.random)
      let changes = StepRunner(SMSRChangeSteps.plan, for: manager, store: party.store, backOff: Self.asking)
      let takeOvers = StepRunner(TakeOverSteps.plan, for: manager, store: party.store, backOff: Self.asking)
      try changes.resume(now: party.given.now)
      try takeOvers.resume(now: party.given.now)
      return .init(
        respond: { message in
          dispatch.respond(to: message, given: party.given)
            ?? SMSR.Route(desk) { [given = party.given] in given }.respond(to: message)
        },
        work: {
          try dispatch.send(given: party.given, over: party.link)
          try changes.run(now: party.given.now)
          try takeOvers.run(now: party.given.now)
        },
        nextDue: {
          try [desk.nextDue(), party.nextDue(SMSRChangeSteps.plan.name), party.nextDue(TakeOverSteps.plan.name)]
            .compactMap(\.self).min()
        })
    }
  }

  /// The pauses between questions that nobody answered yet.
  static let asking = BackOff(first: .seconds(2), longest: .seconds(60))

  /// The mesh as `own` sees it: whoever it calls shows a certificate first.
  private func mesh(of own: MeshMember, _ party: SimulatedParty, _ trust: CircleInForce) -> Mesh {
    let servers = Dictionary(mesh.map { ($0.host, $0.identity.certificate.encoded) }) { first, _ in first }
      .merging([Self.directoryHost: directory.certificate.encoded]) { first, _ in first }
    let line = OneThread(party.link)
    return Mesh(
      trust: trust, identifier: own.oid.description, host: own.host,
      directory: .init(oid: directoryOID, host: Self.directoryHost),
      hosts: Dictionary(mesh.map { ($0.oid, $0.host) }) { first, _ in first }
    ) { check in CheckedLine(line.value, servers: servers, check: check) }
  }

  /// The directory of addresses.
  func startDirectory(_ party: SimulatedParty) throws {
    let trust = CircleInForce(circle)
    try party.start { [self] party in
      let desk = try AddressDirectory.Desk(
        store: party.store, certificate: directory.certificate, key: directory.key, trust: trust, now: Self.start)
      return .init { message in
        AddressDirectory.Route(desk) { [given = party.given] in given }.respond(to: message)
      }
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

/// Something that stays on the story's one thread, also where a server asks for what any thread may use.
struct OneThread<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// A line on which the server shows its certificate before anything is sent.
private final class CheckedLine: ServerLink {
  private let line: any ServerLink
  private let servers: [String: [UInt8]]
  private let check: Mesh.Check

  init(_ line: any ServerLink, servers: [String: [UInt8]], check: @escaping Mesh.Check) {
    (self.line, self.servers, self.check) = (line, servers, check)
  }

  func exchange(_ message: Message) throws(LinkError) -> Reply {
    guard let certificate = servers[message.host] else { throw LinkError(.unreachable, "nobody is at \(message.host)") }
    try check(certificate)
    return try line.exchange(message)
  }
}
