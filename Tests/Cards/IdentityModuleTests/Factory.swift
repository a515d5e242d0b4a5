import APDU
import Bytes
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import Testing
import Transport
import TransportCard

/// Consortium, module maker, carriers and a model, with their keys.
struct Factory {
  static let start = Instant(seconds: 1_800_000_000)
  static let password = Secret(Array("lot 0001".utf8))

  let random = SeededRandomSource(seed: Array("identity module".utf8))
  let consortium: KeyHolder
  let maker: KeyHolder
  let carrier: KeyHolder
  let otherCarrier: KeyHolder
  let model: KeyHolder
  let otherModel: KeyHolder
  var vault: KeyVault

  init() throws {
    consortium = KeyHolder(.consortium, key: PrivateKey(.p256, random: random))
    maker = KeyHolder(try Party("maker:test"), key: PrivateKey(.p256, random: random))
    carrier = KeyHolder(.carrier(try PLMN("00101")), key: PrivateKey(.p256, random: random))
    otherCarrier = KeyHolder(.carrier(try PLMN("00102")), key: PrivateKey(.p256, random: random))
    let (a, b) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    (model, otherModel) = (KeyHolder(.model(a.publicKey), key: a), KeyHolder(.model(b.publicKey), key: b))
    vault = try KeyVault(current: Secret([UInt8](repeating: 9, count: 32)))
  }

  func term(_ serial: Int = 1, from start: Instant = Self.start, seconds: Int64 = 1_000_000) -> Term {
    Term(serial: serial, notBefore: start, notAfter: start + .seconds(seconds))
  }

  /// A module that is made, and nothing else.
  func module(_ kind: ModuleKind = .handset, load: ReadOnlyMemory.Load? = nil, memory: (any CardMemory)? = nil) throws
    -> TestModule
  {
    let (key, number) = (PrivateKey(.p256, random: random), ModuleNumber(random: random))
    let certificate = try Signed(
      ModuleCertificate(number: number, kind: kind, key: key.publicKey, lot: 1), by: maker, term: term())
    let load = load ?? .common(consortiumKey: consortium.key.publicKey, password: Self.password)
    let memory = memory ?? VolatileMemory()
    try Module.make(
      ReadOnlyMemory(load: load, key: key, certificate: certificate), on: memory, vault: vault, random: random)
    return try TestModule(memory, number: number, key: key, factory: self)
  }

  func carrierStatement(_ carrier: KeyHolder, by signer: KeyHolder? = nil, term: Term? = nil) throws
    -> Signed<CarrierKey>
  {
    try Signed(
      CarrierKey(carrier: carrier.party, key: carrier.key.publicKey), by: signer ?? consortium,
      term: term ?? self.term())
  }

  func carrierKey(_ carrier: KeyHolder, by signer: KeyHolder? = nil) throws -> [UInt8] {
    try carrierStatement(carrier, by: signer).encoded
  }

  func approval(
    _ model: KeyHolder, as role: ModelRole = .handset, by carrier: KeyHolder? = nil, term: Term? = nil
  ) throws -> [UInt8] {
    try Signed(
      ModelApproval(key: model.key.publicKey, role: role), by: carrier ?? self.carrier, term: term ?? self.term()
    ).encoded
  }

  /// The carrier's answer to a module's RDM.
  func answer(
    to rdm: Challenge, of module: TestModule, by carrier: KeyHolder? = nil, time: Instant = Self.start
  ) throws -> [UInt8] {
    try Signed(
      CarrierAnswer(challenge: Challenge(random: random), time: time), by: carrier ?? self.carrier,
      to: module.known.party, answering: rdm
    ).encoded
  }

  func withdrawal(_ model: PublicKey, from module: TestModule, by carrier: KeyHolder? = nil) throws -> [UInt8] {
    try Signed(
      ModelWithdrawal(key: model), by: carrier ?? self.carrier, to: module.known.party, answering: module.challenge()
    ).encoded
  }

  /// An ID for a module in answer to `challenge`.
  func id(
    for module: TestModule, answering challenge: Challenge, by carrier: KeyHolder? = nil, number: String = "+8190",
    moduleKey: PublicKey? = nil, msi: ModuleNumber? = nil, to receiver: KnownParty? = nil,
    keys: AuthenticationKeys? = nil
  ) throws -> (sealed: [UInt8], information: PersonalInformation) {
    let carrier = carrier ?? self.carrier
    let information = PersonalInformation(
      information: PublicInformation(
        number: number, imsi: module.kind == .terminal ? nil : try IMSI("001010000000001"), msi: msi ?? module.number,
        pattern: [1, 2, 3, 4, 5, 6, 7, 8], services: ["call waiting"]),
      keys: keys ?? AuthenticationKeys(random: random),
      moduleKey: moduleKey ?? module.key.publicKey, receiptChallenge: Challenge(random: random))
    let receiver = receiver ?? module.known
    let signed = try Signed(information, by: carrier, to: receiver.party, answering: challenge)
    return (try Sealed(signed, from: carrier.party, to: receiver, answering: challenge).encoded, information)
  }
}

/// A card with an identity module, and a terminal's channel to it.
final class TestModule {
  private final class Side: CardSide {
    let card: Card
    init(_ card: Card) { self.card = card }
    func powerOn() -> [UInt8] { card.powerOn() }
    func powerOff() { card.powerOff() }
    func reset() -> [UInt8] { card.reset() }
    func respond(_ apdu: [UInt8]) -> [UInt8] { card.respond(apdu) }
  }

  let number: ModuleNumber
  let key: PrivateKey
  let memory: any CardMemory
  private let factory: Factory
  let link: InProcessCard
  let channel: TerminalChannel

  init(_ memory: any CardMemory, number: ModuleNumber, key: PrivateKey, factory: Factory) throws {
    (self.memory, self.number, self.key, self.factory) = (memory, number, key, factory)
    let card = Card(memory: memory, applications: [Module.maker(vault: factory.vault)], random: factory.random)
    link = InProcessCard(Side(card))
    channel = TerminalChannel(link)
    try select()
  }

  /// What its certificate says that it is.
  var kind: ModuleKind? { try? ModuleAccess(link).certificate.claimedBody.kind }
  var known: KnownParty { KnownParty(.module(number), key: key.publicKey) }

  func select() throws {
    let answer = try channel.send(Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: AID.identityModule.bytes))
    #expect(answer.status == .ok)
  }

  /// Takes the power away and gives it back.
  func powerCycle() throws {
    link.powerOff()
    try select()
  }

  func send(_ command: ModuleCommand, p1: UInt8 = 0, p2: UInt8 = 0, _ data: [UInt8] = []) throws -> Response {
    try channel.send(command.command(p1: p1, p2: p2, data: data))
  }

  func status(_ command: ModuleCommand, p1: UInt8 = 0, p2: UInt8 = 0, _ data: [UInt8] = []) throws -> StatusWord {
    try send(command, p1: p1, p2: p2, data).status
  }

  func challenge(_ slot: ChallengeSlot = .carrier) throws -> Challenge {
    let answer = try send(.challenge, p1: slot.rawValue)
    #expect(answer.status == .ok)
    return try #require(Challenge(answer.data))
  }

  /// Everything that the memory holds.
  var contents: [MemoryKey: [UInt8]] {
    var result: [MemoryKey: [UInt8]] = [:]
    for area in memory.map.areas { for key in memory.map.keys(in: area) { result[key] = memory.map[key] } }
    return result
  }

  /// RAND and AUTN of an ID's keys as command 12 wants them, and what is to come out.
  func networkChallenge(_ keys: AuthenticationKeys, _ sqn: UInt64) throws -> (
    data: [UInt8], response: AuthenticationResponse
  ) {
    let algorithm = try keys.makeAlgorithm()
    let rand = factory.random.bytes(16)
    let response = try algorithm.f2345(rand: rand)
    let token = try algorithm.authenticationToken(
      rand: rand, sqn: #require(SequenceNumber(sqn)), amf: [0x80, 0], response: response)
    return ([16] + rand + [16] + token.bytes, response)
  }

  // MARK: Deeds that succeed

  func supervise() throws { #expect(try status(.supervisorMode, Factory.password.bytes) == .ok) }

  func write(_ carrier: KeyHolder) throws {
    try supervise()
    #expect(try status(.carrierKeyWrite, factory.carrierKey(carrier)) == .ok)
  }

  func register(_ model: KeyHolder, as role: ModelRole = .handset) throws {
    #expect(try status(.modelKeyRegistration, factory.approval(model, as: role)) == .ok)
  }

  @discardableResult func writeID(number: String = "+8190", keys: AuthenticationKeys? = nil) throws
    -> PersonalInformation
  {
    let (sealed, information) = try factory.id(for: self, answering: challenge(), number: number, keys: keys)
    let answer = try send(.idWrite, sealed)
    #expect(answer.status == .ok)
    let receipt = try Signed<WriteReceipt>(encoded: answer.data)
    let body = try receipt.verified(
      from: known, to: factory.carrier.party, answering: information.receiptChallenge)
    #expect(body.imsi == information.information.imsi)
    return information
  }

  /// Command 9's data field by a device that has `model`'s key.
  func readRequest(_ model: KeyHolder, answering number: Challenge, nonce: Challenge) throws -> [UInt8] {
    try Signed(
      ReadRequest(key: model.key.publicKey, challenge: nonce), by: model, to: known.party, answering: number
    ).encoded
  }

  func read(_ model: KeyHolder, approval: [UInt8] = []) throws -> (status: StatusWord, reading: IDReading?) {
    let nonce = Challenge(random: factory.random)
    let request = try readRequest(model, answering: challenge(.possession), nonce: nonce)
    let answer = try send(.idRead, p2: approval.isEmpty ? 0 : 1, approval + request)
    guard answer.status == .ok else { return (answer.status, nil) }
    let sealed = try Sealed<Signed<IDReading>>(encoded: answer.data)
    let signed = try sealed.opened(from: known.party, by: model, answering: nonce)
    return (answer.status, try signed.verified(from: known, to: model.party, answering: nonce))
  }
}
