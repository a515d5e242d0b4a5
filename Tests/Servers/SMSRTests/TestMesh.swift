import AddressDirectory
import AddressLookup
import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import SMSR
import SecureMessages
import Stations
import Store
import TLV
import TestStores
import TestSupport
import Testing
import Transport

/// Three SM-SRs, a directory, an operator, and an eUICC that the first SM-SR manages.
final class TestMesh {
  /// One SM-SR.
  struct Member {
    let oid: OID
    let host: String
    let tls: TestCircle.Party
    let store: any Store
    let desk: SMSR.Desk
    let route: SMSR.Route
    var manager: Manager
    var changes: StepRunner<Manager>
    var takeOvers: StepRunner<Manager>
  }

  let circle: TestCircle
  let trust: CircleInForce
  let clock = Clock()
  let issuer: PrivateKey
  let device: ManagedDevice
  let line: Line
  let directory: AddressDirectory.Desk
  let directoryOID: OID
  let mno: TestCircle.Party
  private(set) var members: [Member] = []
  /// Which members nobody reaches.
  var silent: Set<Int> {
    get { line.silent }
    set { line.silent = newValue }
  }

  /// A mesh; `certifier` certifies the second SM-SR towards eUICCs in the place of the issuer that they know.
  init(certifier: PrivateKey? = nil, patience: Duration? = nil) throws {
    circle = try TestCircle()
    let (circle, clock) = (circle, clock)
    trust = CircleInForce(Circle(roots: [circle.root.certificate]))
    let trust = trust
    issuer = PrivateKey(.p256, random: circle.random)
    device = try ManagedDevice(circle, issuer: issuer.publicKey)
    mno = try circle.issue(.operatorTLS)
    directoryOID = try #require(OID("2.999.40"))
    let party = try circle.issue(.directoryTLS(directoryOID, hosts: ["directory.example.com"]))
    directory = try AddressDirectory.Desk(
      store: StoreKind.current.make(), certificate: party.certificate, key: party.key, trust: trust, now: clock.now)
    let directoryRoute = AddressDirectory.Route(directory) {
      Given(now: clock.now, random: SystemRandomSource.shared)
    }
    line = Line()
    line.servers["directory.example.com"] = (party.certificate.encoded, { directoryRoute.respond(to: $0) })
    for number in 0..<3 {
      try add(number, certifier: number == 1 ? certifier ?? issuer : issuer, patience: patience)
    }
    try register()
  }

  private func add(_ number: Int, certifier: PrivateKey, patience: Duration?) throws {
    let oid = try #require(OID("2.999.3\(number + 1)"))
    let host = "sr\(number + 1).example.com"
    let tls = try circle.issue(.srTLS(oid, hosts: [host]))
    let key = PrivateKey(.p256, random: circle.random)
    let certificate = try PartyCertificate(
      .smsr, serialNumber: [1], issuer: [7], subject: Array(oid.bytes.prefix(16)), effective: "20260101",
      expiration: "20360101", key: key.publicKey, signedBy: certifier)
    let store = try StoreKind.current.make()
    var settings = SMSR.Desk.Settings()
    if let patience { settings.changePatience = patience }
    let desk = try SMSR.Desk(
      store: store, settings: settings, certificate: tls.certificate, key: tls.key,
      vault: KeyVault(current: Secret([UInt8](repeating: UInt8(number), count: 32))), trust: trust,
      makers: Requesters([.init(identifier: "maker", fingerprints: [sha256(mno.certificate.encoded)])]),
      operators: Requesters([.init(identifier: "donor", fingerprints: [sha256(mno.certificate.encoded)])]),
      card: .init(certificate: certificate, key: key, address: [0x91, 0x44, UInt8(number)]), now: clock.now)
    let clock = clock
    let route = SMSR.Route(desk) { Given(now: clock.now, random: SystemRandomSource.shared) }
    let (line, own) = (line, tls.certificate.encoded)
    let hosts = try Dictionary(
      uniqueKeysWithValues: (1...3).map { (try #require(OID("2.999.3\($0)")), "sr\($0).example.com") })
    let mesh = Mesh(
      trust: trust, identifier: oid.description, host: host,
      directory: .init(oid: directoryOID, host: "directory.example.com"), hosts: hosts
    ) { check in CheckedLink(line: line, certificate: own, check: check) }
    let manager = Manager(desk: desk, mesh: mesh, random: SystemRandomSource.shared)
    line.servers[host] = (own, { route.respond(to: $0) })
    line.numbers[host] = number
    members.append(
      Member(
        oid: oid, host: host, tls: tls, store: store, desk: desk, route: route, manager: manager,
        changes: StepRunner(SMSRChangeSteps.plan, for: manager, store: store),
        takeOvers: StepRunner(TakeOverSteps.plan, for: manager, store: store)))
  }

  var given: Given { Given(now: clock.now, random: SystemRandomSource.shared) }
  var eid: EID { device.personalisation.eid }

  // MARK: The eUICC

  /// The maker enters the eUICC at the first SM-SR, which enters itself in the directory.
  private func register() throws {
    let made = device.personalisation
    let term = Term(serial: 1, notBefore: TestCircle.start, notAfter: TestCircle.start + .seconds(100_000_000))
    let maker = KeyHolder(try EumSignedInfo.maker(circle.eum.key.publicKey).party, key: circle.eum.key)
    let info = EumSignedInfo(
      eid: eid, eumId: "maker", productionDate: TestCircle.start, platformType: "Simurgh", platformVersion: "1",
      ecasd: made.agreement.certificate.encoded)
    let receiver = KnownParty(
      try ManagementKeySet.manager(members[0].oid), key: members[0].tls.key.publicKey)
    let keys = ManagementKeySet(eid: eid, version: 1, kic: made.keySet.keys[0], kid: made.keySet.keys[1])
    let profile = EISProfile(
      iccid: device.iccid, isdpAid: try #require(SecurityDomains.isdp(0x10)), mnoId: "donor", state: .enabled,
      fallbackAttribute: true, allocatedMemory: 1000)
    let request = ES1.RegisterEIS.Request(
      eis: EIS(
        eumSignedInfo: try Signed(info, by: maker, term: term), eumCertificate: circle.eum.certificate.encoded,
        smsrId: members[0].oid.description, remainingMemory: 7000, availableMemoryForProfiles: 10_000,
        profiles: [profile]),
      keySet: try Sealed(
        Signed(keys, by: maker, to: receiver.party, term: term), from: maker.party, to: receiver,
        term: term))
    _ = try ask(0, ES1.RegisterEIS.self, request, as: "maker", "1").get()
    let link = CheckedLink(line: line, certificate: members[0].tls.certificate.encoded) { _ in }
    let client = FunctionClient(
      link: link, host: "directory.example.com", requester: members[0].oid.description)
    let entry = RegisterAddress.Request(eid: eid, service: .manager, host: members[0].host)
    guard case .success = client.call(RegisterAddress.self, entry, identifier: "1") else {
      throw LinkError(.broken, "the directory refuses")
    }
  }

  /// An operator's or the maker's call at one of the SM-SRs.
  func ask<Function: ServerFunction>(
    _ number: Int, _ function: Function.Type, _ request: Function.Request, as name: String = "donor",
    _ call: String
  ) throws -> Result<Function.Response, Refusal> {
    try send(number, function, request, as: name, mno.certificate.encoded, call)
  }

  /// A call over whatever certificate.
  func send<Function: ServerFunction>(
    _ number: Int, _ function: Function.Type, _ request: Function.Request, as name: String,
    _ certificate: [UInt8], _ call: String
  ) throws -> Result<Function.Response, Refusal> {
    let reply = members[number].route.respond(
      to: Message(
        host: members[number].host, path: Function.path,
        body: JSONBinding.encode(
          request, header: .init(functionRequesterIdentifier: name, functionCallIdentifier: call)),
        peerCertificate: certificate))
    return try JSONBinding.decodeAnswer(from: reply.body)
  }

  /// Asks for a change from one to another, by the operator of the profile in use.
  func askChange(from old: Int, to new: Int, _ call: String, isPrepared: Bool = true) throws -> Refusal? {
    if isPrepared {
      _ = try ask(new, ES4.PrepareSMSRChange.self, .init(eid: eid, current: members[old].oid), "prepare \(call)").get()
    }
    return try again(from: old, to: new, call)
  }

  func again(from old: Int, to new: Int, _ call: String) throws -> Refusal? {
    let answer = try ask(old, ES4.SMSRChange.self, .init(eid: eid, target: members[new].oid), call)
    if case .failure(let refusal) = answer { return refusal }
    return nil
  }

  /// Runs everything for a while; whoever crashes goes on with what is durable.
  func run(rounds: Int = 30) throws {
    for _ in 0..<rounds {
      for member in members {
        do {
          while try member.changes.run(now: clock.now) > 0 {}
          while try member.takeOvers.run(now: clock.now) > 0 {}
          for packet in try member.desk.packetsDue(given: given) {
            if let answer = try device.receive(packet.packet) {
              try member.desk.receive(answer, from: packet.eid, given: given)
            }
          }
        } catch is Crash {
          try member.changes.resume(now: clock.now)
          try member.takeOvers.resume(now: clock.now)
        }
      }
      clock.advance(by: .seconds(3600))
    }
  }

  // MARK: What is so

  /// Which SM-SRs have the eUICC in their books.
  func managers() throws -> [Int] {
    try members.indices.filter { number in
      try members[number].store.read { try EISTable.eis(eid, managedBy: "", in: $0) } != nil
    }
  }

  /// Which SM-SRs the eUICC obeys: it proves an audit.
  func obeyed() throws -> [Int] {
    var found: [Int] = []
    for number in members.indices {
      let call = "audit \(number) \(clock.now.milliseconds)"
      _ = try ask(number, ES4.AuditEIS.self, .init(eid: eid), call)
      try run(rounds: 3)
      if case .success = try ask(number, ES4.AuditEIS.self, .init(eid: eid), call) { found.append(number) }
    }
    return found
  }

  /// Whom the directory names.
  func named() throws -> OID? {
    let answer = try members[0].manager.mesh.address(of: eid, identifier: "look", now: clock.now)
    if case .success(let advice) = answer { return advice.server }
    return nil
  }
}

/// The network between the SM-SRs.
final class Line: @unchecked Sendable {
  var servers: [String: (certificate: [UInt8], respond: (Message) -> Reply)] = [:]
  var numbers: [String: Int] = [:]
  var silent: Set<Int> = []
  /// Replies of this many calls are lost.
  var losing = 0
  /// Changes a reply on its way.
  var meddle: ((Message, Reply) -> Reply)?
}

/// One SM-SR's end of it: mutual TLS with a check before anything is sent.
final class CheckedLink: ServerLink {
  let line: Line
  let certificate: [UInt8]
  let check: Mesh.Check

  init(line: Line, certificate: [UInt8], check: @escaping Mesh.Check) {
    (self.line, self.certificate, self.check) = (line, certificate, check)
  }

  func exchange(_ message: Message) throws(LinkError) -> Reply {
    guard let server = line.servers[message.host], line.numbers[message.host].map(line.silent.contains) != true else {
      throw LinkError(.unreachable, "nobody answers at \(message.host)")
    }
    try check(server.certificate)
    var message = message
    message.peerCertificate = certificate
    let reply = server.respond(message)
    if line.losing > 0 {
      line.losing -= 1
      throw LinkError(.broken, "no answer")
    }
    return line.meddle?(message, reply) ?? reply
  }
}
