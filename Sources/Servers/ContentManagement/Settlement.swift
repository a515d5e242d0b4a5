import GlobalPlatform
import Identifiers
import MutualAgreement
import SecureMessages
import Store

// The books meet what is on a card.
extension ContentBook {
  /// What a party's books did not expect.
  public enum Difference: Sendable, Hashable, CustomStringConvertible {
    /// On the card, and in no agreement.
    case unknown(AID, UInt16)
    /// In the books, and no longer on the card.
    case vanished(AID, UInt16)
    /// In another version than in the books.
    case otherVersion(AID, books: UInt16, card: UInt16)
    /// Agreed on, and not done for so long that nobody does it any more.
    case expired(AID)

    public var description: String {
      switch self {
      case .unknown(let aid, let version): "\(aid) version \(version) is on the card and was not in the books"
      case .vanished(let aid, let version): "\(aid) version \(version) was in the books and is not on the card"
      case .otherVersion(let aid, let books, let card):
        "\(aid) is on the card in version \(card), not in version \(books) as in the books"
      case .expired(let aid): "what was agreed on for \(aid) was not done in its time"
      }
    }
  }

  /// The name of differences in the record.
  static let differenceName = "difference"

  /// The differences that were found and repaired, the oldest first.
  public static func differences(in store: any Store) throws -> [Event] {
    var (found, last): ([Event], Int) = ([], 0)
    while case let entries = try store.read({ try EventRecord.entries(after: last, limit: 1000, in: $0) }),
      let end = entries.last
    {
      found += entries.map(\.event).filter { $0.kind == .changed && $0.name == differenceName }
      last = end.number
    }
    return found
  }

  /// Who says what is on a card.
  public enum Source: Sendable {
    /// The card, over a secure channel of one's own.
    case own
    /// The other party; the card's receipts prove the contents named here.
    case reported(proven: Set<ContentReport.Content>)

    func proof(of content: ContentReport.Content) -> Proof {
      switch self {
      case .own: .registry
      case .reported(let proven): proven.contains(content) ? .receipt : .reported
      }
    }
  }

  /// What is in a domain of a card.
  public struct Reading: Sendable {
    let card: CardName
    let domain: AID
    let contents: [ContentReport.Content]
    /// The card's confirmation counter then.
    let confirmations: Int
    /// When it was read.
    let time: Instant
    let source: Source

    /// What was in `domain` of `card` at `time`, when its confirmation counter stood at `confirmations`.
    public init(
      of card: CardName, domain: AID, _ contents: [ContentReport.Content], confirmations: Int, at time: Instant,
      from source: Source
    ) {
      (self.card, self.domain, self.contents) = (card, domain, contents)
      (self.confirmations, self.time, self.source) = (confirmations, time, source)
    }
  }

  /// Brings the books to what is in a provider's domain of a card: what is older than what is known changes nothing. What
  /// the books did not expect is returned.
  public static func settle(
    _ reading: Reading, provider: Party, in transaction: any Transaction
  ) throws -> [Difference] {
    guard try isNew(reading, in: transaction) else { return [] }
    let lines = try lines(reading.card, reading.domain, in: transaction)
    var differences: [Difference] = []
    for content in reading.contents {
      let line = lines.first { $0.loadFile == content.loadFile }
      if let difference = try enter(content, line, reading, provider, in: transaction) {
        differences.append(difference)
      }
    }
    for line in lines where !reading.contents.contains(where: { $0.loadFile == line.loadFile }) {
      if let difference = try strike(line, reading, in: transaction) { differences.append(difference) }
    }
    return differences + (try expire(lines, reading, in: transaction))
  }

  /// Whether a reading is not older than what is known. What the other party says of the counter binds that party alone: a
  /// reading of one's own corrects it.
  private static func isNew(_ reading: Reading, in transaction: any Transaction) throws -> Bool {
    let row = try transaction.first(
      "SELECT own, told FROM content_reading WHERE card = $1 AND domain = $2", reading.card.description,
      reading.domain.bytes)
    var (own, told): (Int, Int) = (try row?(0) ?? 0, try row?(1) ?? 0)
    switch reading.source {
    case .own:
      guard reading.confirmations >= own else { return false }
      own = reading.confirmations
    case .reported: guard reading.confirmations >= max(own, told) else { return false }
    }
    told = reading.confirmations
    try transaction.execute(
      """
      INSERT INTO content_reading (card, domain, own, told) VALUES ($1, $2, $3, $4)
      ON CONFLICT (card, domain) DO UPDATE SET own = excluded.own, told = excluded.told
      """, reading.card.description, reading.domain.bytes, own, told)
    return true
  }

  /// Enters what is on the card.
  private static func enter(
    _ content: ContentReport.Content, _ line: Line?, _ reading: Reading, _ provider: Party,
    in transaction: any Transaction
  ) throws -> Difference? {
    let isWanted = line?.wanted == Int(content.version)
    let isSame = line?.version == content.version && !isWanted
    let proof = reading.source.proof(of: content)
    let better = isSame ? max(proof, line?.proof ?? .agreed) : proof
    try transaction.execute(
      """
      INSERT INTO content_line (card, load_file, domain, provider, version, wanted, size, proof, since)
      VALUES ($1, $2, $3, $4, $5, NULL, 0, $6, $7)
      ON CONFLICT (card, load_file) DO UPDATE SET version = excluded.version, proof = excluded.proof,
        wanted = CASE WHEN content_line.wanted = excluded.version THEN NULL ELSE content_line.wanted END
      """, reading.card.description, content.loadFile.bytes, reading.domain.bytes, provider.name,
      Int(content.version), better.rawValue, reading.time)
    guard !isWanted else { return nil }
    guard let before = line?.version else { return .unknown(content.loadFile, content.version) }
    return before == content.version
      ? nil : .otherVersion(content.loadFile, books: before, card: content.version)
  }

  /// Strikes out what is not on the card any more.
  private static func strike(
    _ line: Line, _ reading: Reading, in transaction: any Transaction
  ) throws -> Difference? {
    guard let version = line.version else { return nil }
    if let wanted = line.wanted, wanted != Line.deletion {
      // On its way in another version: the former went, and this one has not come yet.
      try transaction.execute(
        "UPDATE content_line SET version = NULL, proof = 0 WHERE card = $1 AND load_file = $2", line.card,
        line.loadFile.bytes)
    } else {
      try transaction.execute(
        "DELETE FROM content_line WHERE card = $1 AND load_file = $2", line.card, line.loadFile.bytes)
    }
    return line.wanted == Line.deletion ? nil : .vanished(line.loadFile, version)
  }

  /// What was agreed on, was not done, and has outlived every errand that could have done it is no longer expected. Only
  /// the card itself ends an expectation: a card that does not come may have done it.
  private static func expire(
    _ lines: [Line], _ reading: Reading, in transaction: any Transaction
  ) throws -> [Difference] {
    try lines.compactMap { line -> Difference? in
      guard let wanted = line.wanted, line.since + AgreementTimes.pending < reading.time else { return nil }
      let found = reading.contents.first { $0.loadFile == line.loadFile }
      let isDone = wanted == Line.deletion ? found == nil : found.map { Int($0.version) } == wanted
      guard !isDone else { return nil }
      if found == nil {
        try transaction.execute(
          "DELETE FROM content_line WHERE card = $1 AND load_file = $2", line.card, line.loadFile.bytes)
      } else {
        try transaction.execute(
          "UPDATE content_line SET wanted = NULL WHERE card = $1 AND load_file = $2", line.card, line.loadFile.bytes)
      }
      return .expired(line.loadFile)
    }
  }
}
