import APDU
import Bytes
import Handset
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import RegistrationDevice
import SecureMessages
import Testing
import Transport

/// Somebody on the line between device and module, who answers one instruction in its place.
private final class Liar: CardLink {
  private let card: any CardLink
  private let instruction: UInt8
  private let lie: ([UInt8]) throws -> [UInt8]
  private var data: [UInt8] = []

  init(_ card: any CardLink, instead command: ModuleCommand, _ lie: @escaping ([UInt8]) throws -> [UInt8]) {
    (self.card, instruction, self.lie) = (card, command.instruction, lie)
  }

  func reset() throws(LinkError) -> [UInt8] { try card.reset() }

  func transmit(_ command: Command) throws(LinkError) -> Response {
    guard command.ins == instruction else { return try card.transmit(command) }
    data += command.data
    guard !command.isChained else { return Response() }
    defer { data = [] }
    guard let answer = try? lie(data) else { throw LinkError(.malformed, "there is nothing to answer") }
    return Response(answer)
  }
}

/// A carrier's terminal that answers RDM, and nothing else.
private struct Answering: RegistrationLine {
  let factory: Factory
  let module: TestModule

  func exchange(_ message: [UInt8]) throws -> [UInt8] {
    guard let start = try? RegistrationStart(encoded: message) else { return RegistrationRefused(.failed).encoded }
    let answer = try Signed<CarrierAnswer>(encoded: factory.answer(to: start.rdm, of: module))
    return RegistrationStarted(name: RegistrationName(random: factory.random), answer: answer).encoded
  }
}

private struct Person: Applicant {
  func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { ("4111111111111111", []) }
  func accepts(_ number: String) -> Bool { true }
}

@Suite("A device believes only what is certified: its module's maker, the consortium") struct DeviceTests {
  private let factory: Factory
  private let module: TestModule

  init() throws {
    factory = try Factory()
    module = try factory.module()
    try module.write(factory.carrier)
    try module.register(factory.model)
  }

  private func handset(_ link: any CardLink, makers: [KnownParty]? = nil) throws -> Handset {
    let keys = try UnitKeys(
      modelKey: factory.model.key, unitKey: Secret(factory.random.bytes(32)), random: factory.random)
    return Handset(
      Handset.Equipment(
        keys: keys, patterns: [[1, 2, 3, 4, 5, 6, 7, 8]], services: ["call waiting"],
        authorities: Authorities(
          makers: makers ?? [factory.maker.known], consortiumKey: factory.consortium.key.publicKey)),
      module: link, clock: DeviceClock { Factory.start }, random: factory.random)
  }

  /// Command 9's answer without the module: anybody can seal to the model's public key.
  private func reading(_ request: [UInt8], signedBy key: PrivateKey) throws -> [UInt8] {
    let wanted = try Signed<ReadRequest>(encoded: request).claimedBody
    let (model, impostor) = (factory.model.known, KeyHolder(module.known.party, key: key))
    let imsi = try IMSI("001010000000001")
    let body = IDReading(
      information: PublicInformation(
        number: "+1", imsi: imsi, msi: module.number, pattern: [1, 2, 3, 4, 5, 6, 7, 8], services: []),
      receipt: try Signed(
        WriteReceipt(imsi: imsi), by: impostor, to: factory.carrier.party,
        answering: Challenge(random: factory.random)))
    let signed = try Signed(body, by: impostor, to: model.party, answering: wanted.challenge)
    return try Sealed(signed, from: impostor.party, to: model, answering: wanted.challenge).encoded
  }

  @Test("command 9: a reading that the module did not sign is none, and the handset does not transmit")
  func forgedReading() throws {
    let id = try module.writeID()
    let honest = try handset(module.link)
    #expect(honest.powerOn() == .ready(id.information, unserved: []))
    let deceived = try handset(
      Liar(module.link, instead: .idRead) { try reading($0, signedBy: factory.otherModel.key) })
    #expect(deceived.powerOn() == .unusable)
    #expect(!deceived.transmits)
    // The same message under the module's own key would have been believed.
    let told = try handset(Liar(module.link, instead: .idRead) { try reading($0, signedBy: module.key) })
    told.powerOn()
    #expect(told.transmits)
    #expect(told.display == ["+1"])
  }

  @Test("a module of a foreign maker is not used") func foreignMaker() throws {
    try module.writeID()
    let stranger = KnownParty(factory.maker.party, key: factory.otherCarrier.key.publicKey)
    let handset = try handset(module.link, makers: [stranger])
    #expect(handset.powerOn() == .unusable)
    #expect(throws: DeviceError.foreignModule) {
      try handset.register(over: Answering(factory: factory, module: module), applicant: Person())
    }
  }

  @Test("command 11: a carrier's key that the consortium did not certify is not taken, whatever the module says")
  func forgedCarrierKey() throws {
    let line = Answering(factory: factory, module: module)
    // With the true statement the registration goes on to its next step.
    #expect(throws: DeviceError.refused(.failed)) {
      try handset(module.link).register(over: line, applicant: Person())
    }
    let liar = Liar(module.link, instead: .carrierKeyRead) { _ in
      try factory.carrierKey(factory.carrier, by: KeyHolder(.consortium, key: factory.otherCarrier.key))
    }
    #expect(throws: DeviceError.notAuthentic) { try handset(liar).register(over: line, applicant: Person()) }
  }
}
