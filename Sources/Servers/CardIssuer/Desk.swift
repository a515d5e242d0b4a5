import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store

/// The issuer at work: makes cards and the letters that go with them, bars lost ones, replaces them, certifies terminals.
///
/// It keeps no setting number: that stands in the card, and in the letter to its user.
public struct Desk: Sendable {
  /// How events are signed in the record.
  static let party = "CardIssuer"

  let store: any Store
  /// The issuer's key at work.
  public let issuer: Issuer

  /// A desk over `store`, whose tables it brings up to date.
  public init(store: any Store, issuer: Issuer) throws {
    (self.store, self.issuer) = (store, issuer)
    try store.migrate([EventRecord.schema, IssuerTables.schema])
  }

  /// What every card of a batch is like.
  public struct Terms: Sendable {
    public var limits: OfflineLimits
    public var diesOfMisuse: Bool
    /// Days from now to the expiry date.
    public var days: Int

    /// All fields.
    public init(limits: OfflineLimits, diesOfMisuse: Bool, days: Int) {
      (self.limits, self.diesOfMisuse, self.days) = (limits, diesOfMisuse, days)
    }
  }

  /// A card as the books have it.
  public struct Entry: Sendable, Hashable {
    public enum State: Int, Sendable, CustomStringConvertible {
      /// Its writing was begun, and nobody knows that it ended.
      case writing = 0
      case issued = 1
      case barred = 2

      public var description: String {
        switch self {
        case .writing: "writing"
        case .issued: "issued"
        case .barred: "barred"
        }
      }
    }

    public let card: CardNumber
    public let registration: RegistrationNumber
    public let state: State
    public let expiry: Instant
    /// The card in whose place it was made.
    public let replaces: CardNumber?
  }

  // MARK: Issue

  /// Makes the card in the writer: for a user, or a new one; perhaps in place of a lost card, which is barred with it. The
  /// letter is the only place where the setting number is told.
  public func issue(
    with writer: CardWriter, to registration: RegistrationNumber? = nil, replacing lost: CardNumber? = nil,
    on terms: Terms, now: Instant, random: any RandomSource
  ) throws -> Letter {
    let expiry = now + .seconds(Int64(terms.days) * 86_400)
    let entry = try store.retrying { store in
      try store.transaction { transaction in
        try Self.enter(registration, replacing: lost, expiry: expiry, now: now, in: transaction)
      }
    }
    let settingNumber = SettingNumber(random: random)
    let order = Issuer.CardOrder(
      card: entry.card, registration: entry.registration, limits: terms.limits, diesOfMisuse: terms.diesOfMisuse)
    try writer.write(
      issuer.issue(
        order, key: writer.makeKey(), settingNumber: settingNumber,
        term: Term(serial: entry.serial, notBefore: now, notAfter: expiry), random: random))
    try store.transaction { transaction in
      try transaction.executeOne(
        "UPDATE issued_card SET state = 1, since = $2 WHERE card = $1 AND state = 0", entry.card.text, now)
    }
    return Letter(
      scheme: issuer.scheme.name, card: entry.card, registration: entry.registration, settingNumber: settingNumber,
      expiry: expiry)
  }

  /// Takes the next card number, and for a new user the next registration number, for good.
  private static func enter(
    _ registration: RegistrationNumber?, replacing lost: CardNumber?, expiry: Instant, now: Instant,
    in transaction: any Transaction
  ) throws -> (card: CardNumber, registration: RegistrationNumber, serial: Int) {
    let row = try transaction.first("SELECT COALESCE(MAX(serial), 0) FROM issued_card")
    let serial = try (row?(0) ?? 0) + 1
    var owner = registration
    if let lost {
      guard let former = try transaction.first("SELECT registration FROM issued_card WHERE card = $1", lost.text) else {
        throw IssuerError.unknownCard(lost)
      }
      let registered = try RegistrationNumber(former(0))
      guard registration == nil || registration == registered else { throw IssuerError.otherUser(lost) }
      owner = registered
      try transaction.execute(
        "UPDATE issued_card SET state = 2, since = $2 WHERE card = $1 AND state <> 2", lost.text, now)
      let taken = try transaction.first("SELECT 1 FROM issued_card WHERE replaces = $1", lost.text)
      guard taken == nil else { throw IssuerError.replacedBefore(lost) }
    }
    let card = try CardNumber("9" + padded(serial, 15))
    let user = try owner ?? RegistrationNumber(padded(serial, 10))
    try transaction.execute(
      """
      INSERT INTO issued_card (card, serial, registration, state, expiry, since, replaces)
      VALUES ($1, $2, $3, 0, $4, $5, $6)
      """, card.text, serial, user.text, expiry, now, lost?.text)
    return (card, user, serial)
  }

  private static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  /// The cards, in order; of one user where a registration number is given.
  public func cards(of registration: RegistrationNumber? = nil) throws -> [Entry] {
    try store.read { reader in
      try reader.query(
        """
        SELECT card, registration, state, expiry, replaces FROM issued_card
        WHERE registration = COALESCE($1, registration) ORDER BY serial
        """, registration?.text
      ).map { row in
        guard let state = Entry.State(rawValue: try row(2)) else { throw StoreError.unexpected("an unknown state") }
        return Entry(
          card: try CardNumber(row(0)), registration: try RegistrationNumber(row(1)), state: state,
          expiry: try row(3), replaces: try row(4, as: String?.self).map { try CardNumber($0) })
      }
    }
  }

  // MARK: Terminals

  /// Certifies a terminal's key for so many days; each certificate has a serial number of its own.
  public func certify(
    _ terminal: TerminalNumber, key: PublicKey, days: Int, now: Instant
  ) throws -> Signed<TerminalCertificate> {
    try store.retrying { store in
      try store.transaction { try certify(terminal, key: key, days: days, now: now, in: $0) }
    }
  }

  func certify(
    _ terminal: TerminalNumber, key: PublicKey, days: Int, now: Instant, in transaction: any Transaction
  ) throws -> Signed<TerminalCertificate> {
    let expiry = now + .seconds(Int64(days) * 86_400)
    let row = try transaction.first("SELECT COALESCE(MAX(serial), 0) FROM certified_terminal")
    let serial: Int = try (row?(0) ?? 0) + 1
    try transaction.execute(
      "INSERT INTO certified_terminal (terminal, serial, expiry, since) VALUES ($1, $2, $3, $4)", terminal.text,
      serial, expiry, now)
    return try issuer.certify(terminal, key: key, term: Term(serial: serial, notBefore: now, notAfter: expiry))
  }
}

/// Why the issuer does not do something.
public enum IssuerError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownCard(CardNumber)
  case otherUser(CardNumber)
  case replacedBefore(CardNumber)

  public var description: String {
    switch self {
    case .unknownCard(let card): "the card \(card) was never issued here"
    case .otherUser(let card): "the card \(card) is another user's"
    case .replacedBefore(let card): "the card \(card) was replaced before"
    }
  }
}
