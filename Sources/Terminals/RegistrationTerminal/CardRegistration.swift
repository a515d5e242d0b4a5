import APDU
import Bytes
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureMessages
import Transport

extension Terminal {
  /// A card in the slot is registered or changed (Figs 33 to 44), by the permit in hand, which is used up by it. For other
  /// purposes than a new registration `number` is the subscriber's. Returns the number.
  @discardableResult public func register(
    _ purpose: Purpose = .new, card link: any CardLink, number: String? = nil, over line: any RegistrationLine,
    applicant: any Applicant
  ) throws -> String {
    let (permit, model) = (try takePermit(), try equipment.keys.model())
    var course = try begin(link, permit, over: line)
    // The menu.
    let (keyed, services) = try applicant.application(for: purpose)
    guard let creditCard = CreditCardNumber(keyed) else { throw DeviceError.creditCardNumber }
    // A1 (k) to (q), with KE_A in the place of KE_MSN, until the applicant takes the number.
    var current = number
    while true {
      let body = NumberRequest(
        purpose: purpose, modelKey: model.key.publicKey, presence: try course.presence(),
        creditCard: creditCard, services: services, number: current, challenge: Challenge(random: random),
        permit: try use(permit, for: course))
      let offered = try course.offer(for: body, by: model, over: line)
      current = offered
      display = [offered]
      if try applicant.accepts(offered) { break }
      guard purpose == .new else { throw DeviceError.givenUp }
    }
    guard let current else { throw DeviceError.notAuthentic }
    // A1 (r) to (t).
    let delivered: InformationDelivered = try line.ask(
      course.request(InformationRequest(number: current), by: model))
    try write(delivered, into: course, over: line)
    display = [current, "the card is registered"]
    return current
  }

  /// Command 7: erases a model that the carrier withdrew, by its name in the carrier's list, from the card in the slot.
  public func erase(model: String, card link: any CardLink, over line: any RegistrationLine) throws {
    let (permit, own) = (try takePermit(), try equipment.keys.model())
    let course = try begin(link, permit, over: line)
    let body = ErasureRequest(
      modelKey: own.key.publicKey, permit: try use(permit, for: course), model: model)
    let delivered: ErasureDelivered = try line.ask(course.request(body, by: own))
    _ = try course.module.send(.modelKeyErase, delivered.withdrawal.encoded)
    display = ["\(model) is erased from the card"]
  }

  /// A permit is for one card: who was refused has the terminal authenticated again.
  private func takePermit() throws -> Permit {
    guard let taken = permit else { throw DeviceError.noPermit }
    permit = nil
    return taken
  }

  /// By which permit, and that this terminal's module is here, for the next request about the card.
  private func use(_ permit: Permit, for course: Registration) throws -> PermitUse {
    PermitUse(
      permit: permit.name,
      presence: try module().module.presence(for: permit.carrier.party, answering: course.challenge))
  }

  /// RDM of the card goes to the carrier; command 11, "finished in a single step since only one KE_C is stored". A card
  /// without a key gets the carrier's first.
  private func begin(_ link: any CardLink, _ permit: Permit, over line: any RegistrationLine) throws -> Registration {
    let card = try ModuleAccess(link)
    try card.check(equipment.authorities, by: clock)
    guard card.certificate.claimedBody.kind == .card else { throw DeviceError.foreignModule }
    let started = try StartedRegistration(card, over: line)
    if try started.isWithoutCarrier() {
      try writeCarrierKey(card, started.identified(as: permit.carrier), permit, over: line)
    }
    guard let course = try started.identified(by: equipment.authorities, clock), course.carrier == permit.carrier else {
      throw DeviceError.otherCard
    }
    return course
  }

  /// Fig. 33 (*): PWD comes from the carrier, E(KD_COB, KE_C) from the terminal's module by command 5; commands 1 and 4.
  private func writeCarrierKey(
    _ card: ModuleAccess, _ course: Registration, _ permit: Permit, over line: any RegistrationLine
  ) throws {
    let model = try equipment.keys.model()
    let (once, nonce) = (PrivateKey(.p256, random: random), Challenge(random: random))
    let body = PasswordRequest(
      modelKey: model.key.publicKey, permit: try use(permit, for: course), key: once.publicKey,
      challenge: nonce)
    let delivered: PasswordDelivered = try line.ask(course.request(body, by: model))
    let password = try course.opened(
      delivered.sealed, by: KeyHolder(model.party, key: once), answering: nonce
    ).password
    let statement = try module().module.send(.signatureDataRead)
    _ = try card.send(.supervisorMode, password.bytes)
    _ = try card.send(.carrierKeyWrite, statement)
  }

  /// Commands 6 and 8. A model that was withdrawn from this card stays so, and a full table takes no more: neither keeps the
  /// card from its ID.
  private func write(
    _ delivered: InformationDelivered, into course: Registration, over line: any RegistrationLine
  ) throws {
    for approval in delivered.approvals {
      do { _ = try course.module.send(.modelKeyRegistration, approval.encoded) } catch DeviceError.module(
        .modelKeyRegistration, let status) where [.conditionsOfUse, .notEnoughMemory].contains(status)
      { continue }
    }
    let receipt = try Signed<WriteReceipt>(encoded: course.module.send(.idWrite, delivered.information.encoded))
    try memory.keep(receipt, for: course.carrier.party)
    try deliver(receipt, over: line)
  }
}
