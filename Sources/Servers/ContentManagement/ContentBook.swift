import Bytes
import GlobalPlatform
import Identifiers
import MutualAgreement
import SecureMessages
import Store

/// The books: which card holds which data in which version, and what is agreed on but not yet confirmed. Issuer and
/// provider keep one each.
public enum ContentBook {
  public static let schema = Schema(
    owner: "content-management",
    versions: [
      [
        .table(
          "content_line",
          """
          card TEXT NOT NULL, load_file BLOB NOT NULL, domain BLOB NOT NULL, provider TEXT NOT NULL, version INTEGER,
          wanted INTEGER, size INTEGER NOT NULL, proof INTEGER NOT NULL, since INTEGER NOT NULL,
          PRIMARY KEY (card, load_file)
          """),
        .table(
          "content_card", "card TEXT PRIMARY KEY, confirmations INTEGER NOT NULL, counter INTEGER NOT NULL"),
        .table(
          "content_receipt",
          """
          card TEXT NOT NULL, counter INTEGER NOT NULL, deed TEXT NOT NULL, receipt BLOB NOT NULL,
          PRIMARY KEY (card, counter)
          """),
        .table(
          "card_errand",
          """
          ticket BLOB PRIMARY KEY, version INTEGER NOT NULL, card TEXT NOT NULL, expiry INTEGER NOT NULL,
          content BLOB NOT NULL
          """),
        .index("card_errand_expiry", on: "card_errand (expiry)"),
        .table(
          "content_wish",
          """
          sender TEXT NOT NULL, type TEXT NOT NULL, serial INTEGER NOT NULL, digest BLOB NOT NULL,
          ticket BLOB NOT NULL, PRIMARY KEY (sender, type, serial)
          """),
        .table("storing_request", "wish BLOB PRIMARY KEY, request BLOB NOT NULL"),
        .table("storing_answer", "digest BLOB PRIMARY KEY, answer BLOB NOT NULL, expiry INTEGER NOT NULL"),
        .table("revocation_list", "sender TEXT PRIMARY KEY, serial INTEGER NOT NULL, list BLOB NOT NULL"),
        .table("own_serial", "name TEXT PRIMARY KEY, serial INTEGER NOT NULL"),
      ],
      [
        // What one read oneself and what one is told are kept apart, and each domain's.
        .table(
          "content_reading",
          "card TEXT NOT NULL, domain BLOB NOT NULL, own INTEGER NOT NULL, told INTEGER NOT NULL, "
            + "PRIMARY KEY (card, domain)"),
        .statement("ALTER TABLE content_card DROP COLUMN confirmations"),
      ],
      [.index("storing_answer_expiry", on: "storing_answer (expiry)")],
      [
        .statement("ALTER TABLE content_wish ADD COLUMN expiry INTEGER NOT NULL DEFAULT 0"),
        // A wish is over before the errand that it began.
        .statement(
          """
          UPDATE content_wish SET expiry =
            COALESCE((SELECT expiry FROM card_errand WHERE card_errand.ticket = content_wish.ticket), 0)
          """),
        .index("content_wish_expiry", on: "content_wish (expiry)"),
        .statement("ALTER TABLE storing_request ADD COLUMN expiry INTEGER NOT NULL DEFAULT 0"),
        .index("storing_request_expiry", on: "storing_request (expiry)"),
        .table("refusal_day", "day INTEGER PRIMARY KEY, count INTEGER NOT NULL"),
      ],
    ])

  /// How many wishes of a kind are kept of each sender.
  static let wishLimit = 64

  /// How it is known what is on the card.
  public enum Proof: Int, Sendable, Comparable {
    /// It is agreed on, no more.
    case agreed = 0
    /// The other party read it from the card's registry, and signed so.
    case reported = 1
    /// The card's receipt.
    case receipt = 2
    /// The card's registry, read over a secure channel of one's own.
    case registry = 3

    public static func < (a: Proof, b: Proof) -> Bool { a.rawValue < b.rawValue }
  }

  /// A line of the books: data on a card, or on their way there or away.
  public struct Line: Sendable, Hashable {
    public let card: String
    public let loadFile: AID
    /// The provider's domain.
    public let domain: AID
    public let provider: String
    /// What is on the card; nil where nothing is yet.
    public var version: UInt16?
    /// What is agreed on: another version, or the end (``deletion``); nil where nothing is pending.
    public var wanted: Int?
    /// In bytes, where it is known.
    public var size: Int
    public var proof: Proof
    public let since: Instant

    /// What `wanted` says where the data are to be deleted.
    public static let deletion = -1

    init(_ row: Row) throws {
      (card, provider) = (try row(0), try row(3))
      loadFile = try AID(row(1, as: [UInt8].self))
      domain = try AID(row(2, as: [UInt8].self))
      let version: Int? = try row(4)
      self.version = version.map { UInt16(truncatingIfNeeded: $0) }
      (wanted, size) = (try row(5), try row(6))
      proof = Proof(rawValue: try row(7)) ?? .agreed
      since = try row(8)
    }
  }

  /// The line of these data.
  public static func line(_ card: CardName, _ loadFile: AID, in reader: any Reader) throws -> Line? {
    try reader.first(
      """
      SELECT card, load_file, domain, provider, version, wanted, size, proof, since FROM content_line
      WHERE card = $1 AND load_file = $2
      """, card.description, loadFile.bytes
    ).map(Line.init)
  }

  /// All lines, by card and name.
  public static func lines(in reader: any Reader) throws -> [Line] {
    try reader.query(
      """
      SELECT card, load_file, domain, provider, version, wanted, size, proof, since FROM content_line
      ORDER BY card, load_file
      """
    ).map(Line.init)
  }

  /// The lines of one domain on a card.
  public static func lines(_ card: CardName, _ domain: AID, in reader: any Reader) throws -> [Line] {
    try reader.query(
      """
      SELECT card, load_file, domain, provider, version, wanted, size, proof, since FROM content_line
      WHERE card = $1 AND domain = $2 ORDER BY load_file
      """, card.description, domain.bytes
    ).map(Line.init)
  }

  /// Notes what was agreed on: pending until the card confirms it.
  public static func note(
    _ operation: ContentOperation, _ sdi: StoringDataInformation, on card: CardName, domain: AID, provider: Party,
    now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    let wanted = operation == .store ? Int(sdi.version) : Line.deletion
    try transaction.execute(
      """
      INSERT INTO content_line (card, load_file, domain, provider, version, wanted, size, proof, since)
      VALUES ($1, $2, $3, $4, NULL, $5, $6, 0, $7)
      ON CONFLICT (card, load_file) DO UPDATE SET wanted = excluded.wanted, size = excluded.size, since = excluded.since
      """, card.description, sdi.loadFile.bytes, domain.bytes, provider.name, wanted, sdi.size ?? 0, now)
  }

  /// Takes `count` numbers for tokens on a card, from what is returned on; never given again.
  public static func takeCounters(
    _ count: Int, on card: CardName, in transaction: any Transaction
  ) throws(StoreError) -> Int {
    let row = try transaction.first(
      """
      INSERT INTO content_card (card, counter) VALUES ($1, $2)
      ON CONFLICT (card) DO UPDATE SET counter = content_card.counter + excluded.counter RETURNING counter
      """, card.description, count)
    guard let next: Int = try row?(0) else { throw .unexpected("no counter") }
    return next - count + 1
  }

  /// A number of one's own that counts up.
  public static func nextSerial(_ name: String, in transaction: any Transaction) throws(StoreError) -> Int {
    let row = try transaction.first(
      """
      INSERT INTO own_serial (name, serial) VALUES ($1, 1)
      ON CONFLICT (name) DO UPDATE SET serial = own_serial.serial + 1 RETURNING serial
      """, name)
    guard let serial: Int = try row?(0) else { throw .unexpected("no serial number") }
    return serial
  }
}
