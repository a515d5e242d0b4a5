import APDU
import Bytes
import GlobalPlatform
import Identifiers
import MutualAgreement
import SecureChannel
import Store
import TLV

/// Something that is done on a card, by way of the user apparatus that holds it: in each domain that takes part, its
/// registry is read first, then what is still to be done is done. So an errand that broke off anywhere is begun anew,
/// and does nothing twice.
public struct Errand: TLVMessage, TLVSequence, Sendable {
  public static let tag: TLVTag = .sequence

  /// The errand's name, which only who began it knows.
  public let ticket: [UInt8]
  /// The card.
  public let card: CardName
  /// What for, in the words of whose errand it is.
  public let purpose: [UInt8]
  /// The domains that take part, in order.
  public let domains: [AID]
  /// When it is over in any case.
  public let expiry: Instant
  /// Which domain's turn it is.
  public private(set) var leg = 0
  private var session: CardSession
  private var reading = CardReading()
  private var deeds: [Deed] = []
  private var step = 0
  /// The card's last word, once the errand is over.
  public private(set) var status: UInt16?
  /// The last round (its SHA-256) and its answer: the same one gets the same answer.
  var lastRound: [UInt8] = []
  var lastAnswer: [UInt8] = []
  var version = 0

  /// An errand to `domains` of a card.
  public init(
    _ purpose: [UInt8], on card: CardName, domains: [AID], until expiry: Instant, random: any RandomSource
  ) {
    (ticket, self.card, self.purpose, self.domains) = (random.bytes(16), card, purpose, domains)
    self.expiry = expiry
    session = CardSession(with: domains[0], random: random)
  }

  /// The domain whose turn it is.
  public var domain: AID { session.domain }

  /// What the card told in the domain whose turn it is.
  public var told: CardReading { reading }

  /// What the card said of the keys of the session.
  public var keyInformation: SCP03.InitializeUpdateResponse? { session.card }

  /// How far a round led.
  public enum Progress {
    /// These commands are next.
    case send([[UInt8]])
    /// The registry is read: whose errand it is decides what is to be done.
    case decide
    /// The card has no such domain, or no keys: nobody knows more of it than before.
    case refused(StatusWord)
    /// It was done, or refused: as many deeds as the card did, with their last answers.
    case did([(deed: Deed, answer: Response)], StatusWord)
  }

  /// Everything from the beginning of the domain whose turn it is.
  public mutating func begin(random: any RandomSource) -> [[UInt8]] {
    session = CardSession(with: domains[leg], random: random)
    (reading, deeds) = (CardReading(), [])
    return session.opening
  }

  /// Takes the card's answers.
  public mutating func take(_ answers: [[UInt8]], keys: CardSession.KeyFinder) throws -> Progress {
    let responses = answers.compactMap { Response(bytes: $0) }
    guard responses.count == answers.count, !answers.isEmpty else { throw AgreementRefusal.malformed }
    guard session.isOpen else {
      if let status = try session.open(responses, keys: keys) { return .refused(status) }
      return .send(try session.send(reading.commands, keys: keys))
    }
    let plain = try session.receive(responses, keys: keys)
    guard deeds.isEmpty else { return did(plain) }
    try reading.take(plain, of: card)
    return reading.isWhole ? .decide : .send(try session.send(reading.commands, keys: keys))
  }

  private func did(_ answers: [Response]) -> Progress {
    var done: [(Deed, Response)] = []
    var rest = answers[...]
    for deed in deeds {
      let own = rest.prefix(deed.commands.count)
      rest = rest.dropFirst(own.count)
      guard own.count == deed.commands.count, let last = own.last, own.allSatisfy(\.status.isSuccess) else { break }
      done.append((deed, last))
    }
    return .did(done, answers.last?.status ?? .technicalProblem)
  }

  /// The commands of what was decided.
  public mutating func act(_ deeds: [Deed], keys: CardSession.KeyFinder) throws -> [[UInt8]] {
    self.deeds = deeds
    return try session.send(deeds.flatMap(\.commands).map { try Command(bytes: $0) }, keys: keys)
  }

  /// On to the next domain; nil where there is none.
  public mutating func goOn(random: any RandomSource) -> [[UInt8]]? {
    guard leg + 1 < domains.count else { return nil }
    leg += 1
    return begin(random: random)
  }

  mutating func end(_ status: StatusWord) { self.status = status.rawValue }

  mutating func count() -> Int {
    step += 1
    return step
  }

  var number: Int { step }

  // MARK: Coding

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (ticket, card, purpose) = (try reader.read(0x80), try reader.read(0xA1), try reader.read(0x82))
    var names = try reader.element(0xA3).reader()
    var domains: [AID] = []
    while !names.isAtEnd { domains.append(try names.read(0x4F)) }
    self.domains = domains
    expiry = Instant(milliseconds: Int64(try reader.read(0x84, as: Int.self)))
    (leg, session, reading) = (try reader.read(0x85), try reader.read(0xA6), try reader.read(0xA7))
    (deeds, step) = (try reader.read(0xA8), try reader.read(0x89))
    let status: Int? = try reader.readIfPresent(0x8A)
    self.status = status.map { UInt16(truncatingIfNeeded: $0) }
    (lastRound, lastAnswer) = (try reader.read(0x8B), try reader.read(0x8C))
    guard domains.indices.contains(leg) else { throw .invalid(0x85, "there is no such leg") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, ticket)
    writer.write(0xA1, card)
    writer.write(0x82, purpose)
    writer.write(0xA3) { writer in for domain in domains { writer.write(0x4F, domain) } }
    writer.write(0x84, Int(expiry.milliseconds))
    writer.write(0x85, leg)
    writer.write(0xA6, session)
    writer.write(0xA7, reading)
    writer.write(0xA8, deeds)
    writer.write(0x89, step)
    writer.write(0x8A, status.map(Int.init))
    writer.write(0x8B, lastRound)
    writer.write(0x8C, lastAnswer)
  }

  // MARK: In the store

  static func find(_ ticket: [UInt8], in reader: any Reader) throws -> Errand? {
    try reader.first("SELECT content, version FROM card_errand WHERE ticket = $1", ticket).map { row in
      var errand = try Errand(encoded: row(0, as: [UInt8].self))
      errand.version = try row(1)
      return errand
    }
  }

  /// Writes it over the version it was read in; a conflict where somebody else was faster.
  func save(in transaction: any Transaction) throws(StoreError) {
    if version == 0 {
      try transaction.execute(
        "INSERT INTO card_errand (ticket, version, card, expiry, content) VALUES ($1, 1, $2, $3, $4)", ticket,
        card.description, expiry, encoded)
    } else {
      try transaction.executeOne(
        "UPDATE card_errand SET version = version + 1, content = $3 WHERE ticket = $1 AND version = $2", ticket,
        version, encoded)
    }
  }
}

/// Commands that do one thing, and what it changes.
public struct Deed: TLVMessage, TLVSequence, Sendable {
  public static let tag: TLVTag = .sequence

  /// What it changes.
  public enum Effect: Sendable, Hashable {
    /// Nothing of the content.
    case none
    case loaded(AID, version: UInt16)
    case removed(AID)
  }

  /// The commands, in the clear; done if all succeed.
  public let commands: [[UInt8]]
  /// What it changes.
  public let effect: Effect

  /// Commands and what they change.
  public init(_ commands: [Command], _ effect: Effect = .none) {
    (self.commands, self.effect) = (commands.map(\.bytes), effect)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    commands = try reader.commands(0xA0)
    if let aid: AID = try reader.readIfPresent(0x81) {
      let version: Int? = try reader.readIfPresent(0x82)
      effect = version.map { .loaded(aid, version: UInt16(truncatingIfNeeded: $0)) } ?? .removed(aid)
    } else {
      effect = .none
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, commands: commands)
    switch effect {
    case .none: break
    case .removed(let aid): writer.write(0x81, aid)
    case .loaded(let aid, let version):
      writer.write(0x81, aid)
      writer.write(0x82, Int(version))
    }
  }
}
