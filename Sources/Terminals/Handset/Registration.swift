import APDU
import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import TLV
import Transport

/// Who stands at the keypad, and reads the display.
public protocol Applicant {
  /// The menu: credit card number and additional services.
  func application(for purpose: Purpose) throws -> (creditCard: String, services: [String])
  /// Whether the number offered is wanted.
  func accepts(_ number: String) throws -> Bool
}

extension Handset {
  /// A registration, from step (d) on: "control of the transmit/receive sequence to and from the carrier's terminal … is
  /// performed primarily by a program contained in the mobile unit". For other purposes than a new registration `number`
  /// is the subscriber's.
  public func register(
    _ purpose: Purpose = .new, number: String? = nil, over line: any RegistrationLine, applicant: any Applicant
  ) throws -> PublicInformation {
    isRegistering = true
    defer { isRegistering = false }
    var course = try begin(over: line)
    // (j) the menu.
    let (keyed, services) = try applicant.application(for: purpose)
    guard let creditCard = CreditCardNumber(keyed) else { throw HandsetError.creditCardNumber }
    // (k) to (q): until the applicant takes the number.
    var offered = try self.number(
      purpose, creditCard, services, number, of: &course, over: line)
    while try !applicant.accepts(offered) {
      guard purpose == .new else { throw HandsetError.givenUp }
      offered = try self.number(purpose, creditCard, services, offered, of: &course, over: line)
    }
    // (r) to (t).
    let delivered: InformationDelivered = try ask(
      line, request(InformationRequest(number: offered), of: course))
    // (u) command 6, (v) command 8.
    _ = try course.module.send(.modelKeyRegistration, delivered.approval.encoded)
    let receipt = try Signed<WriteReceipt>(encoded: course.module.send(.idWrite, delivered.information.encoded))
    try deliver(receipt, over: line)
    guard case .ready(let information, _) = powerOn() else { throw HandsetError.notAuthentic }
    return information
  }

  /// (d) to (i): who the carrier is, and its challenge.
  package func begin(over line: any RegistrationLine) throws -> Course {
    let module = try module()
    // (d, e) command 10; (f, g) RDM goes to the carrier, which signs it.
    let rdm = try module.challenge(.carrier)
    let started: RegistrationStarted = try ask(
      line, RegistrationStart(rdm: rdm, certificate: module.certificate))
    // (h, i) command 11 with j = 1, 2, … until a key answers.
    let time = started.answer.claimedBody.time
    guard
      let carrier = try module.carrierKey(
        .answer, started.answer.encoded, at: time, by: equipment.authorities)
    else {
      throw HandsetError.foreignNetwork
    }
    let answer = try believed { try started.answer.verified(from: carrier, to: module.party, answering: rdm) }
    return Course(name: started.name, module: module, carrier: carrier, challenge: answer.challenge)
  }

  /// Gives the carrier the module's receipt once more: the line broke before it had it.
  public func deliverReceipt(over line: any RegistrationLine) throws {
    try deliver(module().read(as: equipment.model, random: random).receipt, over: line)
  }

  private func deliver(_ receipt: Signed<WriteReceipt>, over line: any RegistrationLine) throws {
    let _: RegistrationCompleted = try ask(line, ReceiptDelivery(receipt: receipt))
  }

  /// What the handset knows of a registration under way.
  package struct Course {
    let name: RegistrationName
    let module: Module
    let carrier: KnownParty
    var challenge: Challenge
  }

  /// (k, l) the fields are signed with KD_MSN and sealed to KE_C; (m) they go to the carrier; (o) to (q) its offer is
  /// opened with KD_MSN.
  package func number(
    _ purpose: Purpose, _ creditCard: CreditCardNumber, _ services: [String], _ number: String?,
    of course: inout Course, over line: any RegistrationLine
  ) throws -> String {
    let nonce = Challenge(random: random)
    let body = NumberRequest(
      purpose: purpose, modelKey: equipment.model.key.publicKey,
      presence: try course.module.presence(for: course.carrier.party, answering: course.challenge),
      creditCard: creditCard, services: services, number: number, challenge: nonce)
    let answer: NumberOffered = try ask(line, request(body, of: course))
    let offer = try believed {
      try answer.sealed.opened(from: course.carrier.party, by: equipment.model, answering: nonce)
        .verified(from: course.carrier, to: equipment.model.party, answering: nonce)
    }
    course.challenge = offer.challenge
    return offer.number
  }

  private func request<Body: FreshBody & RegistrationRequestBody>(_ body: Body, of course: Course) throws
    -> SealedRequest<Body>
  {
    let model = equipment.model
    let signed = try Signed(body, by: model, to: course.carrier.party, answering: course.challenge)
    return SealedRequest(
      name: course.name,
      sealed: try Sealed(signed, from: model.party, to: course.carrier, answering: course.challenge))
  }

  private func believed<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch is SecureMessageError { throw HandsetError.notAuthentic }
  }

  /// Sends a message; the answer, or the carrier's refusal.
  private func ask<Answer: TLVMessage>(_ line: any RegistrationLine, _ message: some TLVMessage) throws -> Answer {
    let bytes = try line.exchange(message.encoded)
    if let refused = try? RegistrationRefused(encoded: bytes) { throw HandsetError.refused(refused.refusal) }
    do { return try Answer(encoded: bytes) } catch { throw HandsetError.notAuthentic }
  }
}
