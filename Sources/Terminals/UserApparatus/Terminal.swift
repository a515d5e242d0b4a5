import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store
import TLV
import Transport

/// Why the user apparatus did not do what it should.
public enum UserApparatusError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line to the card failed; the wish stays, and can be resumed.
  case link(LinkError)
  /// A party refused.
  case refused(AgreementRefusal)
  /// The card refused with this status word.
  case card(StatusWord)
  /// The person did not agree.
  case declined
  /// The card bears no registration, or one that no registered issuer made.
  case notRegistered
  /// A party's answer makes no sense.
  case malformed

  public var description: String {
    switch self {
    case .link(let error): "\(error); the wish is kept: resume it when the card is back"
    case .refused(let refusal): "\(refusal)"
    case .card(let status): "the card refuses (\(status)); nothing of it was done"
    case .declined: "it was not agreed to; nothing was sent"
    case .notRegistered: "the card bears no registration of a registered issuer: register it first"
    case .malformed: "the other side's answer makes no sense"
    }
  }
}

/// What a person is asked before anything is sent.
public enum Question: Sendable {
  case register(CardName, user: String, issuer: Party)
  case admit(provider: Party)
  case store(StoringDataInformation, provider: Party)
  case delete(StoringDataInformation, provider: Party)
}

/// The user apparatus: holds the card, and acts for its user with the user's consent. It carries commands and answers of
/// secure channels that it cannot read, and keeps every wish until it is fulfilled or refused.
public struct UserTerminal {
  let card: any CardLink
  let store: any Store
  let vault: KeyVault
  let peers: any Peers
  let registrar: KnownParty
  let issuerDomain: AID
  let agrees: (Question) -> Bool

  static let schema = Schema(
    owner: "user-apparatus",
    versions: [
      [
        .table("user_key", "card TEXT PRIMARY KEY, key BLOB NOT NULL, serial INTEGER NOT NULL"),
        .table(
          "user_wish",
          """
          card TEXT NOT NULL, serial INTEGER NOT NULL, party TEXT NOT NULL, wish BLOB NOT NULL,
          PRIMARY KEY (card, serial)
          """),
      ]
    ])

  /// How long a wish may take to reach everybody whom it concerns.
  static let term: Duration = .seconds(7 * 86_400)

  /// A terminal for the card behind `card`, whose issuer security domain is `issuerDomain`. `registrar` is whose word for
  /// issuers counts, and `agrees` asks the person.
  public init(
    card: any CardLink, store: any Store, vault: KeyVault, peers: any Peers, registrar: KnownParty, issuerDomain: AID,
    agrees: @escaping (Question) -> Bool
  ) throws {
    (self.card, self.store, self.vault, self.peers) = (card, store, vault, peers)
    (self.registrar, self.issuerDomain, self.agrees) = (registrar, issuerDomain, agrees)
    try store.migrate([Self.schema])
  }

  // MARK: What the card says to everybody

  /// The card's own name.
  public func name() throws -> CardName {
    try CardName(
      issuer: object(CardData.issuerIdentificationNumber), number: object(CardData.cardImageNumber))
  }

  /// RC and IRC, as the card keeps them; verified at `now`.
  public func registration(at now: Instant) throws -> (issuer: Party, registration: Registration) {
    guard let bytes = try? object(RegistrationCertificate.objectTag),
      let registration = try? Registration(encoded: bytes),
      let (issuer, rc) = try? registration.verified(by: registrar, at: now), try rc.card == name()
    else { throw UserApparatusError.notRegistered }
    return (issuer.party, registration)
  }

  private func object(_ tag: TLVTag) throws -> [UInt8] {
    let channel = TerminalChannel(card)
    func send(_ command: Command) throws -> [UInt8] {
      let answer: Response
      do { answer = try channel.send(command) } catch { throw UserApparatusError.link(error) }
      guard answer.status.isSuccess else { throw UserApparatusError.card(answer.status) }
      return answer.data
    }
    _ = try send(Command(cla: 0, ins: 0xA4, p1: 0x04, p2: 0, data: issuerDomain.bytes, le: 256))
    let data = try send(
      Command(
        cla: 0x80, ins: CardData.getData, p1: UInt8(truncatingIfNeeded: tag.rawValue >> 8),
        p2: UInt8(truncatingIfNeeded: tag.rawValue), le: 256))
    return Array(try TLVElement(data).content)
  }

  // MARK: What the user wants

  /// Steps 11 to 13, 51 and 52: the card is registered with its user. "A registration verification part … verifies a
  /// registration certificate … stores the registration certificate to a storage device when the registration certificate
  /// is verified": it is on the card by then, and what is on the card is verified.
  public func register(with issuer: Party, user: String, now: Instant, random: any RandomSource) throws {
    let card = try name()
    guard agrees(.register(card, user: user, issuer: issuer)) else { throw UserApparatusError.declined }
    let key = try key(of: card, random: random)
    try fulfil(
      RegistrationWish(card: card, userKey: key.publicKey, user: user), of: card, by: key, to: issuer, now: now)
    _ = try registration(at: now)
  }

  /// A provider gets room on the card: the issuer makes it, and the provider takes it over.
  public func admit(_ provider: Party, now: Instant, random: any RandomSource) throws {
    guard agrees(.admit(provider: provider)) else { throw UserApparatusError.declined }
    let (issuer, registration) = try registration(at: now)
    let card = registration.rc.claimedBody.card
    let key = try key(of: card, random: random)
    for party in [issuer, provider] {
      try fulfil(
        AdmissionWish(provider: provider, registration: registration), of: card, by: key, to: party, now: now)
    }
  }

  /// Steps 21, 31 and 41: data are stored or deleted, by way of `party`: the issuer in C2, the provider otherwise.
  public func ask(
    _ operation: ContentOperation, _ sdi: StoringDataInformation, of provider: Party, through party: Party,
    now: Instant, random: any RandomSource
  ) throws {
    let question: Question =
      operation == .store ? .store(sdi, provider: provider) : .delete(sdi, provider: provider)
    guard agrees(question) else { throw UserApparatusError.declined }
    let (_, registration) = try registration(at: now)
    let card = registration.rc.claimedBody.card
    try fulfil(
      StoringWish(operation, sdi, of: provider, registration: registration), of: card,
      by: key(of: card, random: random), to: party, now: now)
  }

  /// The card meets a party's books.
  public func contact(_ party: Party, now: Instant, random: any RandomSource) throws {
    let (_, registration) = try registration(at: now)
    let card = registration.rc.claimedBody.card
    try fulfil(
      ContactWish(registration: registration), of: card, by: key(of: card, random: random), to: party, now: now)
  }

  /// What a provider has for cards of this card's issuer.
  public func catalogue(of provider: Party, now: Instant) throws -> Catalogue {
    let issuer = try registration(at: now).issuer
    do { return try peers.ask(CatalogueRequest(issuer: issuer).encoded, of: provider) } catch {
      throw UserApparatusError.refused(error)
    }
  }

  // MARK: Wishes

  /// After the vault's master key was rotated: brings the users' keys in `store` under the current one.
  public static func rewrap(_ vault: KeyVault, random: any RandomSource, in store: any Store) throws {
    try store.migrate([schema])
    for row in try store.read({ try $0.query("SELECT card, key FROM user_key") }) {
      let (card, wrapped): (String, [UInt8]) = (try row(0), try row(1))
      guard vault.isOutdated(wrapped) else { continue }
      let fresh = try vault.rewrap(wrapped, context: place(card), random: random)
      _ = try store.transaction { try $0.execute("UPDATE user_key SET key = $2 WHERE card = $1", card, fresh) }
    }
  }

  /// Where a user's key belongs.
  private static func place(_ card: String) -> String { "user key of \(card)" }

  private func key(of card: CardName, random: any RandomSource) throws -> PrivateKey {
    let place = Self.place(card.description)
    let made = PrivateKey(.p256, random: random)
    let wrapped = try vault.wrap(made.scalar, context: place, random: random)
    let row = try store.transaction { transaction in
      try transaction.execute(
        "INSERT INTO user_key (card, key, serial) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", card.description, wrapped)
      return try transaction.first("SELECT key FROM user_key WHERE card = $1", card.description)
    }
    guard let kept: [UInt8] = try row?(0) else { throw UserApparatusError.malformed }
    return try PrivateKey(.p256, scalar: vault.unwrap(kept, context: place).bytes)
  }

  /// Signs a wish, keeps it, and does what it leads to. The wish is durable before anybody hears it.
  private func fulfil<Body: LastingBody>(
    _ body: Body, of card: CardName, by key: PrivateKey, to party: Party, now: Instant
  ) throws {
    let (serial, wish) = try store.transaction { transaction in
      let row = try transaction.first(
        "UPDATE user_key SET serial = serial + 1 WHERE card = $1 RETURNING serial", card.description)
      guard let serial: Int = try row?(0) else { throw UserApparatusError.malformed }
      let term = Term(serial: serial, notBefore: now, notAfter: now + Self.term)
      let wish = try Signed(body, by: KeyHolder(card.user, key: key), to: party, term: term).encoded
      try transaction.execute(
        "INSERT INTO user_wish (card, serial, party, wish) VALUES ($1, $2, $3, $4)", card.description, serial,
        party.name, wish)
      return (serial, wish)
    }
    try run(wish, serial, of: card, to: party)
  }

  /// Wishes that were interrupted, by the parties that they were for.
  public func pending() throws -> [Party] {
    let card = try name()
    return try store.read { reader in
      try reader.query("SELECT party FROM user_wish WHERE card = $1 ORDER BY serial", card.description).map {
        try Party($0(0))
      }
    }
  }

  /// Goes on with what was interrupted, the oldest first.
  public func resume() throws {
    let card = try name()
    let rows = try store.read {
      try $0.query("SELECT serial, party, wish FROM user_wish WHERE card = $1 ORDER BY serial", card.description)
    }
    for row in rows { try run(row(2), row(0), of: card, to: Party(row(1))) }
  }

  /// Rounds of one errand: what is more is no errand.
  private static let roundLimit = 200

  private func run(_ wish: [UInt8], _ serial: Int, of card: CardName, to party: Party) throws {
    func forget() throws {
      _ = try store.transaction {
        try $0.execute("DELETE FROM user_wish WHERE card = $1 AND serial = $2", card.description, serial)
      }
    }
    var message = wish
    for _ in 0..<Self.roundLimit {
      let answer: [UInt8]
      do { answer = try peers.send(message, to: party) } catch { throw UserApparatusError.refused(.noAnswer) }
      switch MessageKind.of(answer) {
      case .plain(ErrandStep.tag):
        let step = try ErrandStep(encoded: answer)
        message = ErrandRound(ticket: step.ticket, number: step.number, answers: try play(step.commands)).encoded
      case .plain(ErrandDone.tag):
        let status = StatusWord(rawValue: try ErrandDone(encoded: answer).status)
        try forget()
        guard status.isSuccess else { throw UserApparatusError.card(status) }
        return
      case .plain(Refused.tag):
        let reason = try Refused(encoded: answer).reason
        // Nothing is decided where somebody did not answer, or has not heard of the other one yet.
        if ![.noAnswer, .failed, .noDomain].contains(reason) { try forget() }
        throw UserApparatusError.refused(reason)
      default: throw UserApparatusError.malformed
      }
    }
    throw UserApparatusError.malformed
  }

  /// Sends commands to the card, up to the first that does not succeed.
  private func play(_ commands: [[UInt8]]) throws -> [[UInt8]] {
    let channel = TerminalChannel(card)
    var answers: [[UInt8]] = []
    for bytes in commands {
      guard let command = try? Command(bytes: bytes) else { throw UserApparatusError.malformed }
      let answer: Response
      do { answer = try channel.send(command) } catch { throw UserApparatusError.link(error) }
      answers.append(answer.bytes)
      guard answer.status == .ok else { break }
    }
    return answers
  }
}
