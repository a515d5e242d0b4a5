import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import TLV

extension RegistrationLine {
  /// Sends a message; the answer, or the carrier's refusal.
  public func ask<Answer: TLVMessage>(_ message: some TLVMessage) throws -> Answer {
    let bytes = try exchange(message.encoded)
    if let refused = try? RegistrationRefused(encoded: bytes) { throw DeviceError.refused(refused.refusal) }
    do { return try Answer(encoded: bytes) } catch { throw DeviceError.notAuthentic }
  }

  /// Gives the carrier a module's receipt: only now the network takes the new ID. May be repeated.
  public func deliver(_ receipt: Signed<WriteReceipt>) throws {
    let _: RegistrationCompleted = try ask(ReceiptDelivery(receipt: receipt))
  }
}

/// A registration that the carrier has answered, and whose carrier is not known yet.
public struct StartedRegistration {
  /// The module that is to get an ID.
  public let module: ModuleAccess
  /// What the carrier calls the registration.
  public let name: RegistrationName
  private let rdm: Challenge
  private let answer: Signed<CarrierAnswer>

  /// A1 (d, e) command 10; (f, g) RDM goes to the carrier, which signs it.
  public init(_ module: ModuleAccess, over line: any RegistrationLine) throws {
    self.module = module
    rdm = try module.challenge(.carrier)
    let started: RegistrationStarted = try line.ask(RegistrationStart(rdm: rdm, certificate: module.certificate))
    (name, answer) = (started.name, started.answer)
  }

  /// (h, i) command 11 with j = 1, 2, … until a key answers; nil where none does.
  public func identified(by authorities: Authorities, _ clock: DeviceClock) throws -> Registration? {
    let told = answer.claimedBody.time
    guard let carrier = try module.carrierKey(.answer, answer.encoded, told: told, by: authorities, clock) else {
      return nil
    }
    return try identified(as: carrier)
  }

  /// Whether the module has no carrier's key at all.
  public func isWithoutCarrier() throws -> Bool {
    do {
      _ = try module.send(.carrierKeyRead, p1: 1, p2: CarrierKeyProof.answer.rawValue, answer.encoded)
    } catch DeviceError.module(.carrierKeyRead, .referencedDataNotFound) { return true } catch DeviceError.module(
      .carrierKeyRead, _)
    { return false }
    return false
  }

  /// The same where it is known which carrier has to have answered.
  public func identified(as carrier: KnownParty) throws -> Registration {
    let body = try believed { try answer.verified(from: carrier, to: module.party, answering: rdm) }
    return Registration(name: name, module: module, carrier: carrier, time: body.time, challenge: body.challenge)
  }
}

/// A registration under way, as a device sees it.
public struct Registration {
  /// What the carrier calls it.
  public let name: RegistrationName
  /// The module that is to get an ID.
  public let module: ModuleAccess
  /// Whom the module's own key showed to have answered.
  public let carrier: KnownParty
  /// The carrier's time, to set the clock by.
  public let time: Instant
  /// What the next request answers.
  public var challenge: Challenge

  /// A request that is signed with the model's key and sealed to KE_C.
  public func request<Body: FreshBody & RegistrationRequestBody>(_ body: Body, by model: KeyHolder) throws
    -> SealedRequest<Body>
  {
    let signed = try Signed(body, by: model, to: carrier.party, answering: challenge)
    return SealedRequest(
      name: name, sealed: try Sealed(signed, from: model.party, to: carrier, answering: challenge))
  }

  /// What the carrier signed and sealed to the model in answer to `nonce`.
  public func opened<Body: FreshBody>(_ sealed: Sealed<Signed<Body>>, by model: KeyHolder, answering nonce: Challenge)
    throws -> Body
  {
    try believed {
      try sealed.opened(from: carrier.party, by: model, answering: nonce)
        .verified(from: carrier, to: model.party, answering: nonce)
    }
  }

  /// That the module is here, for the next request.
  public func presence() throws -> Signed<ModulePresence> {
    try module.presence(for: carrier.party, answering: challenge)
  }

  /// (m) the request goes to the carrier; (o) to (q) its offer is opened with the model's key, and tells what comes next.
  public mutating func offer(
    for body: NumberRequest, by model: KeyHolder, over line: any RegistrationLine
  ) throws -> String {
    let answer: NumberOffered = try line.ask(request(body, by: model))
    let offer = try opened(answer.sealed, by: model, answering: body.challenge)
    challenge = offer.challenge
    return offer.number
  }
}

private func believed<Result>(_ body: () throws -> Result) throws -> Result {
  do { return try body() } catch is SecureMessageError { throw DeviceError.notAuthentic }
}
