import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store
import TLV

/// The carrier's terminal: registers handsets and cards that dealers bring.
public struct Desk: Sendable {
  /// How events are signed in the record.
  static let party = "CarrierTerminal"

  /// What the carrier sets.
  public struct Settings: Sendable {
    /// The carrier with KD_C.
    public var carrier: KeyHolder
    /// The fixed pattern of the carrier's IDs, 8 bytes.
    public var pattern: [UInt8]
    /// How many registrations a dealer may begin in an hour.
    public var startsPerHour = 100
    /// How long a registration may take until the ID is on its way.
    public var courseLifetime: Duration = .seconds(900)
    /// How long the module's receipt is waited for.
    public var receiptLifetime: Duration = .seconds(30 * 86_400)

    /// The usual settings.
    public init(carrier: KeyHolder, pattern: [UInt8]) { (self.carrier, self.pattern) = (carrier, pattern) }
  }

  let store: any Store
  let settings: Settings
  let office: any Office
  let network: any NetworkKeys
  let vault: KeyVault

  /// A desk over `store`, whose tables it brings up to date; `vault` wraps the keys in it.
  public init(
    store: any Store, settings: Settings, vault: KeyVault, office: any Office, network: any NetworkKeys
  ) throws {
    (self.store, self.settings, self.vault) = (store, settings, vault)
    (self.office, self.network) = (office, network)
    try store.migrate([EventRecord.schema, CarrierTables.schema, TerminalTables.schema, BatchTables.schema])
  }

  /// The answer to a message that a dealer's terminal brought: a message of ``HandsetRegistration``, a refusal included.
  /// The same message gets the same answer.
  public func respond(to bytes: [UInt8], dealer: String, now: Instant, random: any RandomSource) -> [UInt8] {
    do {
      // Other parties are asked outside any transaction; where somebody else changed the registration meanwhile, all is
      // decided anew.
      return try store.retrying { _ in
        try self.decide(Request(bytes, dealer: dealer, now: now, random: random))
      }
    } catch {
      let refusal = error as? RegistrationRefusal ?? .failed
      try? store.transaction { transaction in
        try EventRecord.append(
          Event(
            at: now, party: Self.party, peer: dealer, kind: .refused, name: "Registration", correlation: dealer,
            body: .text("\(error)")), in: transaction)
      }
      return RegistrationRefused(refusal).encoded
    }
  }

  private func decide(_ request: Request) throws -> [UInt8] {
    try store.read { try checkDealer(request.dealer, in: $0) }
    switch TLVReader(request.bytes).nextTag {
    case RegistrationStart.tag: return try start(request)
    case NumberRequest.requestTag: return try number(request)
    case InformationRequest.requestTag: return try information(request)
    case ReceiptDelivery.tag: return try receipt(request)
    case TerminalRequest.requestTag: return try terminal(request)
    case PermitRequest.requestTag: return try permit(request)
    case PasswordRequest.requestTag: return try password(request)
    case ErasureRequest.requestTag: return try erasure(request)
    default: throw RegistrationRefusal.malformed
    }
  }

  /// Steps (f) and (g): RDM is answered, with a challenge of the carrier's own.
  private func start(_ request: Request) throws -> [UInt8] {
    let start: RegistrationStart = try request.message()
    let (name, challenge) = (RegistrationName(random: request.random), Challenge(random: request.random))
    var writer = TLVWriter()
    writer.write(.sequence, AuthenticationKeys(random: request.random))
    let keys = try vault.wrap(Secret(writer.bytes), context: Course.place(name), random: request.random)
    return try store.transaction { transaction in
      try count(dealer: request.dealer, now: request.now, in: transaction)
      let module = try module(start.certificate, at: request.now, in: transaction)
      let course = Course(
        name: name, dealer: request.dealer, module: module, rdm: start.rdm, wrappedKeys: keys,
        challenge: challenge, expiry: request.now + settings.courseLifetime)
      try save(course, "RegistrationStart", by: request.dealer, at: request.now, in: transaction)
      let answer = try Signed(
        CarrierAnswer(challenge: challenge, time: request.now), by: settings.carrier, to: .module(module.number),
        answering: start.rdm)
      return RegistrationStarted(name: name, answer: answer).encoded
    }
  }

  // MARK: What the steps share

  /// The registration that a message belongs to: this dealer's, and not over.
  func course(_ name: RegistrationName, _ request: Request) throws -> Course {
    guard let course = try store.read({ try Course.find(name, in: $0) }), course.dealer == request.dealer,
      request.now < course.expiry
    else { throw RegistrationRefusal.outOfOrder }
    return course
  }

  /// The request within a sealed message, if the holder of the model's key signed it in answer to the course's challenge.
  func opened<Body: FreshBody>(
    _ sealed: Sealed<Signed<Body>>, _ course: Course, model: (Body) throws -> PublicKey
  ) throws -> Body {
    do {
      let signed = try sealed.opened(
        from: sealed.claimedSender, by: settings.carrier, answering: course.challenge)
      let key = try model(signed.claimedBody)
      return try signed.verified(
        from: KnownParty(.model(key), key: key), to: settings.carrier.party, answering: course.challenge)
    } catch is SecureMessageError { throw RegistrationRefusal.notAuthentic }
  }

  /// That the module of the registration is here, in answer to its challenge.
  func check(_ presence: Signed<ModulePresence>, _ course: Course) throws {
    do {
      let presence = try presence.verified(
        from: course.knownModule(), to: settings.carrier.party, answering: course.challenge)
      guard presence.number == course.module else { throw RegistrationRefusal.notAuthentic }
    } catch is SecureMessageError { throw RegistrationRefusal.notAuthentic }
  }

  /// E(KE, E(KD_C, ID)): the ID for the module of the registration, in answer to its RDM.
  func sealed(_ information: PublicInformation, _ course: Course, _ keys: AuthenticationKeys) throws
    -> Sealed<Signed<PersonalInformation>>
  {
    let module = try course.knownModule()
    let body = PersonalInformation(
      information: information, keys: keys, moduleKey: module.key, receiptChallenge: course.name)
    let signed = try Signed(body, by: settings.carrier, to: module.party, answering: course.rdm)
    return try Sealed(signed, from: settings.carrier.party, to: module, answering: course.rdm)
  }

  /// Makes a step durable, with its event; `dealer` brought it.
  func save(
    _ course: Course, _ step: String, by dealer: String? = nil, at now: Instant, in transaction: any Transaction
  ) throws {
    try course.save(in: transaction)
    try EventRecord.append(
      Event(
        at: now, party: Self.party, peer: dealer, kind: .exchanged, name: step, correlation: course.text,
        body: .text("\(course.state)")), in: transaction)
  }

  /// A digest of a credit card's number that tells nothing without the carrier's key: the number itself is not kept.
  func digest(_ card: CreditCardNumber) -> [UInt8] {
    hmacSHA256(
      card.digits.bytes, key: Secret(hmacSHA256(Array("credit card".utf8), key: settings.carrier.key.scalar)))
  }
}

/// A message with what it is decided with.
struct Request {
  let bytes: [UInt8]
  let dealer: String
  let now: Instant
  let random: any RandomSource
  /// SHA-256 of the message: the same one gets the same answer.
  let digest: [UInt8]

  init(_ bytes: [UInt8], dealer: String, now: Instant, random: any RandomSource) {
    (self.bytes, self.dealer, self.now, self.random) = (bytes, dealer, now, random)
    digest = sha256(bytes)
  }

  func message<Message: TLVMessage>(_ type: Message.Type = Message.self) throws(RegistrationRefusal) -> Message {
    do { return try Message(encoded: bytes) } catch { throw .malformed }
  }
}
