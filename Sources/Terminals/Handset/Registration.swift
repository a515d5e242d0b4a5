import APDU
import Bytes
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureMessages
import Transport

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
    guard let creditCard = CreditCardNumber(keyed) else { throw DeviceError.creditCardNumber }
    // (k) to (q): until the applicant takes the number.
    var offered = try self.number(
      purpose, creditCard, services, number, of: &course, over: line)
    while try !applicant.accepts(offered) {
      guard purpose == .new else { throw DeviceError.givenUp }
      offered = try self.number(purpose, creditCard, services, offered, of: &course, over: line)
    }
    // (r) to (t).
    let delivered: InformationDelivered = try line.ask(
      course.request(InformationRequest(number: offered), by: equipment.keys.model()))
    // (u) command 6, (v) command 8.
    for approval in delivered.approvals { _ = try course.module.send(.modelKeyRegistration, approval.encoded) }
    let receipt = try Signed<WriteReceipt>(encoded: course.module.send(.idWrite, delivered.information.encoded))
    isIDWritten = course.module.isBuiltIn
    try line.deliver(receipt)
    guard case .ready(let information, _) = powerOn() else { throw DeviceError.notAuthentic }
    return information
  }

  /// (d) to (i): who the carrier is, and its challenge.
  package func begin(over line: any RegistrationLine) throws -> Registration {
    let started = try StartedRegistration(module(), over: line)
    guard let course = try started.identified(by: equipment.authorities, clock) else {
      throw DeviceError.foreignNetwork
    }
    clock.set(course.time)
    return course
  }

  /// Gives the carrier the module's receipt once more: the line broke before it had it.
  public func deliverReceipt(over line: any RegistrationLine) throws {
    try line.deliver(module().read(as: equipment.keys.model(), random: random).receipt)
  }

  /// (k, l) the fields are signed with KD_MSN and sealed to KE_C; (m) to (q) they go to the carrier, whose offer comes.
  package func number(
    _ purpose: Purpose, _ creditCard: CreditCardNumber, _ services: [String], _ number: String?,
    of course: inout Registration, over line: any RegistrationLine
  ) throws -> String {
    let model = try equipment.keys.model()
    let body = NumberRequest(
      purpose: purpose, modelKey: model.key.publicKey, presence: try course.presence(),
      creditCard: creditCard, services: services, number: number, challenge: Challenge(random: random))
    return try course.offer(for: body, by: model, over: line)
  }
}
