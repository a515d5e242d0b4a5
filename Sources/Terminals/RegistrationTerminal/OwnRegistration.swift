import Bytes
import HandsetRegistration
import Identifiers
import RegistrationDevice
import SecureMessages

extension Terminal {
  /// Figs 29 and 30: the terminal is registered with the selected carrier. `dealer` is keyed in (Fig. 29 (h)).
  public func register(dealer: String, over line: any RegistrationLine) throws {
    // Fig. 29 (a) to (g).
    let (course, model) = (try dial(line), try equipment.keys.model())
    // (i, j) KE_A and the dealer number are sealed to KE_C; (k) they go to the carrier, who checks both (l).
    let body = TerminalRequest(
      modelKey: model.key.publicKey, presence: try course.presence(), dealer: dealer)
    // (m) E(KD_C, KE_A) and E(KE, E(KD_C, ID_A)).
    let delivered: InformationDelivered = try line.ask(course.request(body, by: model))
    // (n) command 6, (o) command 8.
    for approval in delivered.approvals { _ = try course.module.send(.modelKeyRegistration, approval.encoded) }
    let receipt = try Signed<WriteReceipt>(
      encoded: course.module.send(.idWrite, delivered.information.encoded))
    try memory.keep(receipt, for: course.carrier.party)
    try memory.setWritten(course.carrier.party)
    try deliver(receipt, over: line)
    display = ["\(course.carrier.party)", "registered for dealer \(dealer)"]
  }

  /// Fig. 32: the terminal is authenticated before each session, and shows that it may write one card.
  public func authenticate(over line: any RegistrationLine) throws {
    permit = nil
    // A new ID_A counts from its receipt on.
    try deliverReceipts(over: line)
    // (a) to (e).
    let (course, model) = (try dial(line), try equipment.keys.model())
    // (f) command 9: ID_A, to who has KD_A.
    let reading: IDReading
    do { reading = try course.module.read(as: model, random: random) } catch DeviceError.module(.idRead, _) {
      throw DeviceError.notReady
    }
    guard equipment.patterns.contains(reading.information.pattern) else { throw DeviceError.notAuthentic }
    // (g) KE_A and ID_A are sealed to KE_C, (h) and go to the carrier.
    let nonce = Challenge(random: random)
    let body = PermitRequest(
      modelKey: model.key.publicKey, presence: try course.presence(), information: reading.information,
      proof: try course.module.terminalProof(for: course.carrier.party, answering: course.challenge),
      challenge: nonce)
    let granted: PermitGranted = try ask(line, course.request(body, by: model), receipt: reading.receipt)
    // (i) "an IC card write permit notice … thereby displaying an operation permit message".
    let permit = try course.opened(granted.sealed, by: model, answering: nonce)
    self.permit = Permit(name: permit.name, until: permit.until, carrier: course.carrier)
    display = ["\(course.carrier.party)", "a card may be written"]
  }

  /// A carrier who does not know the terminal may never have got the module's receipt: it gets it, and is asked again.
  private func ask(
    _ line: any RegistrationLine, _ request: SealedRequest<PermitRequest>, receipt: Signed<WriteReceipt>
  ) throws -> PermitGranted {
    do { return try line.ask(request) } catch DeviceError.refused(.unknownTerminal) {
      do { try line.deliver(receipt) } catch DeviceError.refused { throw DeviceError.refused(.unknownTerminal) }
      return try line.ask(request)
    }
  }
}
