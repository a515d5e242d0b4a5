import APDU
import AuC
import Bytes
import CarrierTerminal
import CustomerManagement
import DealerTerminal
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import Store
import StoreSQLite
import Synchronization
import TestStores
import Testing
import Transport
import TransportCard
import World

/// A line that breaks after message number `index`, from 0.
private final class BreakingLine: RegistrationLine {
  struct Broken: Error {}
  private let line: any RegistrationLine
  private(set) var messages: [(sent: [UInt8], received: [UInt8])] = []
  var index: Int?
  init(_ line: any RegistrationLine, after index: Int? = nil) { (self.line, self.index) = (line, index) }
  func exchange(_ message: [UInt8]) throws -> [UInt8] {
    let answer = try line.exchange(message)
    messages.append((message, answer))
    if messages.count - 1 == index { throw Broken() }
    return answer
  }
}

@Suite("A5 off line: a batch of IDs in the dealer's terminal", .overEveryStore) struct OfflineTests {
  private let company = ToldCompany()
  private let world: RegistrationWorld
  private let link: InProcessCard
  private let offline: OfflineTerminal

  init() throws {
    world = try Self.makeWorld(company: company, store: StoreKind.current.make())
    link = try world.makeBatchModule()
    offline = try OfflineTerminal(module: link)
  }

  private static func makeWorld(company: ToldCompany, store: any Store) throws -> RegistrationWorld {
    try RegistrationWorld(
      store: store, network: PLMN("00101"), numbers: 8, company: company,
      vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
      random: SeededRandomSource(seed: Array("batch".utf8)), now: Instant(seconds: 1_800_000_000))
  }

  private func stock() throws -> [NumberRecord.State: Int] {
    try #require(try world.customers.pools(now: world.now).first).counts
  }

  @Test("issued, counted, used in the locked drawer, reconciled, recalled: the books agree") func whole() throws {
    let batch = try world.supply(3, to: offline)
    #expect(try world.desk.count(batch: batch) == [.supplied: 3])
    let (handset, drawer, person) = (try world.makeHandset(), Drawer(), OfflineApplicant())
    let terminal = Terminal(.radio(drawer, setting: { handset.radio }), carrier: offline)
    #expect(throws: Terminal.Refusal.drawerOpen) { try handset.registerOffline(over: terminal, applicant: person) }
    drawer.close()
    drawer.lock()
    person.refusals = 1
    let information = try handset.registerOffline(over: terminal, applicant: person)
    #expect(handset.transmits && information.services == ["call-waiting"])
    // The carrier knows nothing of it yet.
    #expect(try !world.attaches(handset))
    var result = try world.reconcile(batch, at: offline, recalls: false)
    #expect(result.confirmed == [information.number] && result.differences.isEmpty && !result.isClosed)
    #expect(try world.attaches(handset))
    #expect(try world.desk.registered(information.number)?.module == information.msi)
    #expect(try world.desk.count(batch: batch) == [.confirmed: 1, .supplied: 2])
    // Recalled: no more is signed, and what was not used comes back.
    result = try world.reconcile(batch, at: offline, recalls: true)
    #expect(result.confirmed == [information.number] && result.differences.isEmpty && result.isClosed)
    #expect(try world.desk.count(batch: batch) == [.confirmed: 1, .returned: 2])
    #expect(throws: DeviceError.refused(.noNumber)) {
      try world.makeHandset().registerOffline(over: offline, applicant: OfflineApplicant())
    }
    #expect(try world.attaches(handset))
    #expect(try stock()[.inUse] == 1)
    // A repair goes on line, as for everybody.
    let repaired = try world.makeHandset()
    _ = try repaired.register(.repair, number: information.number, over: world.line(), applicant: OfflineApplicant())
    #expect(try world.attaches(repaired) && !world.attaches(handset))
  }

  @Test("an ID is signed once: the same request gets it again, another module or another RDM never") func once() throws
  {
    try world.supply(1, to: offline)
    let handset = try world.makeHandset()
    let line = BreakingLine(offline, after: 1)
    #expect(throws: BreakingLine.Broken.self) { try handset.registerOffline(over: line, applicant: OfflineApplicant()) }
    let request = try OfflineRequest(encoded: #require(line.messages.last).sent)
    #expect(throws: Never.self) { try OfflineDelivered(encoded: offline.exchange(request.encoded)) }
    // The last ID is used up: nobody else gets it.
    #expect(throws: DeviceError.refused(.noNumber)) {
      try world.makeHandset().registerOffline(over: offline, applicant: OfflineApplicant())
    }
    let other = OfflineRequest(
      name: request.name, rdm: Challenge(random: SeededRandomSource(seed: [1])), certificate: request.certificate,
      services: request.services, application: request.application)
    #expect(try RegistrationRefused(encoded: offline.exchange(other.encoded)).refusal == .outOfOrder)
    let elsewhere = OfflineRequest(
      name: request.name, rdm: request.rdm,
      certificate: try ModuleAccess(InProcessCard(world.makeModule(.handset))).certificate,
      services: request.services, application: request.application)
    #expect(try RegistrationRefused(encoded: offline.exchange(elsewhere.encoded)).refusal == .outOfOrder)
  }

  @Test("a whole off-line session recorded and replayed into a blank unit writes nothing") func replay() throws {
    try world.supply(2, to: offline)
    let line = BreakingLine(offline)
    _ = try world.makeHandset().registerOffline(over: line, applicant: OfflineApplicant())
    struct Player: RegistrationLine {
      let line: BreakingLine
      func exchange(_ message: [UInt8]) throws -> [UInt8] {
        guard let found = line.messages.first(where: { $0.sent.first == message.first }) else {
          throw BreakingLine.Broken()
        }
        return found.received
      }
    }
    let blank = try world.makeHandset()
    #expect(throws: DeviceError.module(.idWrite, .securityStatus)) {
      try blank.registerOffline(over: Player(line: line), applicant: OfflineApplicant())
    }
    #expect(!blank.transmits)
  }

  @Test("a hostile terminal: a batch's key that the carrier did not certify, or another carrier did, writes no ID")
  func forgedBatch() throws {
    let random = SeededRandomSource(seed: [2])
    let link = try InProcessCard(world.makeModule(.handset))
    try world.equip(link)
    let stranger = KeyHolder(.carrier(try PLMN("00102")), key: PrivateKey(.p256, random: random))
    let impostor = KeyHolder(world.carrier.party, key: PrivateKey(.p256, random: random))
    let batchKey = PrivateKey(.p256, random: random)
    for (signer, status) in [(stranger, StatusWord.referencedDataNotFound), (impostor, .securityStatus)] {
      let module = try ModuleAccess(link)
      let rdm = try module.challenge(.carrier)
      let certificate = try Signed(
        BatchKey(batch: 1, dealer: "D-0001", key: batchKey.publicKey), by: signer,
        term: Term(serial: 1, notBefore: world.now, notAfter: world.now + .seconds(1000)))
      let claims = module.certificate.claimedBody
      let body = PersonalInformation(
        information: PublicInformation(
          number: "+8190", imsi: try IMSI("001010000000001"), msi: claims.number, pattern: RegistrationWorld.pattern,
          services: []), keys: AuthenticationKeys(random: random), moduleKey: claims.key,
        receiptChallenge: Challenge(random: random))
      let batch = KeyHolder(try #require(Party.batch(1, of: signer.party)), key: batchKey)
      let signed = try Signed(body, by: batch, to: claims.known.party, answering: rdm)
      let sealed = try Sealed(signed, from: batch.party, to: claims.known, answering: rdm)
      #expect(throws: DeviceError.module(.idWrite, status)) {
        try module.send(.idWrite, p2: WriteVariant.batch.rawValue, certificate.encoded + sealed.encoded)
      }
    }
  }

  @Test("a recorded report, or one of another batch, counts for nothing; what is missing or doubled is found")
  func differences() throws {
    let batch = try world.supply(3, to: offline)
    let information = try world.makeHandset().registerOffline(over: offline, applicant: OfflineApplicant())
    let old = try offline.report(
      answering: world.desk.audit(batch: batch, random: SeededRandomSource(seed: [3])), recalls: false)
    let challenge = try world.desk.audit(batch: batch, random: SeededRandomSource(seed: [4]))
    #expect(throws: RegistrationRefusal.notAuthentic) { try world.desk.reconcile(batch: batch, old, now: world.now) }
    let report = try offline.report(answering: challenge, recalls: true)
    #expect(report.count == 3)
    let part = try world.desk.reconcile(batch: batch, [report[0], report[0]], now: world.now)
    #expect(part.differences.filter { if case .missing = $0 { true } else { false } }.count == 2)
    #expect(part.differences.contains(.unknown(report[0].claimedBody.name)))
    #expect(try world.desk.reconcile(batch: batch, report, now: world.now).confirmed == [information.number])
  }

  @Test("after a rotation of the master key the carrier supplies, and its module signs, without the former key")
  func rotation() throws {
    let store = try StoreKind.current.make()
    let world = try Self.makeWorld(company: company, store: store)
    let random = SeededRandomSource(seed: [6])
    let (new, former) = (Secret([UInt8](repeating: 6, count: 32)), Secret([UInt8](repeating: 5, count: 32)))
    let (during, after) = (try KeyVault(current: new, former: [former]), try KeyVault(current: new))
    func desk(_ vault: KeyVault) throws -> CarrierTerminal.Desk {
      try CarrierTerminal.Desk(
        store: store, settings: .init(carrier: world.carrier, pattern: RegistrationWorld.pattern), vault: vault,
        office: CarrierOffice(world.customers, pool: RegistrationWorld.pool, company: company),
        network: CarrierNetwork(world.centre, random: random))
    }
    let memory = VolatileMemory()
    let terminal = try OfflineTerminal(module: world.makeBatchModule(on: memory))
    let batch = try world.desk.issue(
      2, toDealer: RegistrationWorld.dealer, key: PublicKey(.p256, point: terminal.moduleKey), from: world.now,
      to: world.now + .seconds(1000), random: random)
    try desk(during).rewrap(random: random)
    try terminal.load(desk(after).supply(batch: batch, answering: terminal.challenge(), now: world.now))
    for _ in 0..<2 { try SoftwareModule.rewrap(memory, vault: during, random: random) }
    let again = try OfflineTerminal(
      module: InProcessCard(SoftwareModule(batchModuleIn: memory, vault: after, random: random)))
    let handset = try world.makeHandset()
    let information = try handset.registerOffline(over: again, applicant: OfflineApplicant())
    let report = try again.report(
      answering: desk(after).audit(batch: batch, random: random), recalls: true)
    #expect(try desk(after).reconcile(batch: batch, report, now: world.now).confirmed == [information.number])
    #expect(try world.attaches(handset))
  }

  @Test("credit refused at the reconciliation: the network never takes the ID, and the number is free again")
  func credit()
    throws
  {
    let batch = try world.supply(1, to: offline)
    let handset = try world.makeHandset()
    let information = try handset.registerOffline(over: offline, applicant: OfflineApplicant())
    // Neither yes nor no: all stays as it is, and may be tried again.
    for answer in [CreditAnswer.noAnswer("timed out"), .unknown("a stranger")] {
      company.say(answer, about: "4111111111111111")
      let waiting = try world.reconcile(batch, at: offline, recalls: false)
      #expect(waiting.confirmed.isEmpty && waiting.differences == [.undecided(information.number)])
      #expect(try world.desk.count(batch: batch) == [.supplied: 1] && !world.attaches(handset))
    }
    company.say(.refused("no credit"), about: "4111111111111111")
    let result = try world.reconcile(batch, at: offline, recalls: false)
    #expect(result.confirmed.isEmpty && result.differences == [.refused(information.number, .creditRefused)])
    #expect(try !world.attaches(handset))
    #expect(try world.desk.count(batch: batch) == [.returned: 1])
    #expect(try stock()[.inUse] == nil)
  }

  @Test("until an applicant is known, an admitted dealer stands in for him, for no amount; one who was barred does not")
  func trust() throws {
    let batch = try world.desk.issue(
      1, toDealer: RegistrationWorld.dealer, key: PublicKey(.p256, point: offline.moduleKey), from: world.now,
      to: world.now + .seconds(1000), random: SeededRandomSource(seed: [7]))
    try offline.load(world.desk.supply(batch: batch, answering: offline.challenge(), now: world.now))
    let held = try #require(try world.customers.subscribers().last)
    #expect(held.credit == .approved(limit: 0))
    let information = try world.makeHandset().registerOffline(over: offline, applicant: OfflineApplicant())
    #expect(try world.reconcile(batch, at: offline, recalls: true).confirmed == [information.number])
    // The account that holds the number is the one that the credit company has answered for.
    #expect(try world.customers.subscriber(held.id).credit == .approved(limit: 1))
    let next = try world.desk.issue(
      1, toDealer: RegistrationWorld.dealer, key: PublicKey(.p256, point: offline.moduleKey), from: world.now,
      to: world.now + .seconds(1000), random: SeededRandomSource(seed: [8]))
    try world.desk.bar(dealer: RegistrationWorld.dealer)
    #expect(throws: RegistrationRefusal.unknownDealer) {
      try world.desk.supply(batch: next, answering: offline.challenge(), now: world.now)
    }
  }

  @Test("given out without a receipt: it is told; the receipt may come later, also after the recall") func lateReceipt()
    throws
  {
    let batch = try world.supply(1, to: offline)
    let handset = try world.makeHandset()
    // The drawer is pulled open before the receipt is in the log.
    struct Deaf: RegistrationLine {
      let line: OfflineTerminal
      func exchange(_ message: [UInt8]) throws -> [UInt8] {
        guard message.first != 0xA6 else { throw BreakingLine.Broken() }
        return try line.exchange(message)
      }
    }
    #expect(throws: BreakingLine.Broken.self) {
      try handset.registerOffline(over: Deaf(line: offline), applicant: OfflineApplicant())
    }
    let first = try world.reconcile(batch, at: offline, recalls: true)
    #expect(first.confirmed.isEmpty && first.differences.count == 1)
    #expect(try world.desk.count(batch: batch) == [.used: 1])
    handset.powerOn()
    #expect(try !world.attaches(handset))
    try handset.deliverReceipt(over: offline)
    #expect(try world.reconcile(batch, at: offline, recalls: true).confirmed.count == 1)
    #expect(try world.attaches(handset))
  }

  @Test("a batch goes into its own module, once, and only after the last one is closed") func loading() throws {
    let first = try world.supply(1, to: offline)
    let second = try world.desk.issue(
      1, toDealer: RegistrationWorld.dealer, key: PublicKey(.p256, point: offline.moduleKey), from: world.now,
      to: world.now + .seconds(1000), random: SeededRandomSource(seed: [5]))
    let early = try world.desk.supply(batch: second, answering: offline.challenge(), now: world.now)
    #expect(throws: OfflineTerminal.Refusal.module(.load, .conditionsOfUse)) { try offline.load(early) }
    _ = try world.reconcile(first, at: offline, recalls: true)
    // The challenge was used up by the refusal: a recorded supply is none.
    #expect(throws: OfflineTerminal.Refusal.module(.load, .conditionsOfUse)) { try offline.load(early) }
    let other = try OfflineTerminal(module: world.makeBatchModule())
    let supply = try world.desk.supply(batch: second, answering: offline.challenge(), now: world.now)
    _ = try other.challenge()
    #expect(throws: OfflineTerminal.Refusal.module(.load, .securityStatus)) { try other.load(supply) }
    #expect(throws: Never.self) { try offline.load(supply) }
    // The first batch does not come back.
    #expect(throws: RegistrationRefusal.outOfOrder) {
      try world.desk.supply(batch: first, answering: offline.challenge(), now: world.now)
    }
    #expect(throws: RegistrationRefusal.unknownDealer) {
      try world.desk.issue(
        1, toDealer: "D-0009", key: PublicKey(.p256, point: offline.moduleKey), from: world.now, to: world.now,
        random: SeededRandomSource(seed: [6]))
    }
  }

  @Test("a card gets no ID of a batch") func card() throws {
    try world.supply(1, to: offline)
    let card = try world.makeCard()
    try world.equip(card)
    #expect(throws: DeviceError.refused(.unknownModule)) {
      try world.makeHandset(module: card).registerOffline(over: offline, applicant: OfflineApplicant())
    }
  }
}
