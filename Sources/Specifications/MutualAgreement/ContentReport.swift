import Identifiers
import SecureMessages
import TLV

/// What is on a card in a provider's domain, by whoever read the card's own registry over a secure channel, with the
/// card's receipts for what was changed. It closes the other one's books.
public struct ContentReport: LastingBody, Hashable {
  // ContentReport ::= SEQUENCE { card [0] CardName, domain [1] AID, confirmations [2] INTEGER,
  //   contents [3] SEQUENCE OF Content, receipts [4] SEQUENCE OF OCTET STRING }
  public static let messageType = "C.ContentReport"

  /// One load file.
  public struct Content: TLVSequence, TLVMessage, Hashable, Sendable {
    public static let tag: TLVTag = .sequence
    /// Its name.
    public let loadFile: AID
    /// Its version.
    public let version: UInt16

    /// A load file in a version.
    public init(_ loadFile: AID, version: UInt16) { (self.loadFile, self.version) = (loadFile, version) }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      loadFile = try reader.read(0x80)
      version = UInt16(try reader.readNumber(0x81, through: 0xFFFF))
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, loadFile)
      writer.write(0x81, Int(version))
    }
  }

  /// The card.
  public let card: CardName
  /// The provider's domain.
  public let domain: AID
  /// The card's confirmation counter: what it counted less is older.
  public let confirmations: Int
  /// What is in the domain.
  public let contents: [Content]
  /// The card's answers with its receipts, in order.
  public let receipts: [[UInt8]]

  /// A report.
  public init(card: CardName, domain: AID, confirmations: Int, contents: [Content], receipts: [[UInt8]]) {
    (self.card, self.domain, self.confirmations) = (card, domain, confirmations)
    (self.contents, self.receipts) = (contents, receipts)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (card, domain) = (try reader.read(0xA0), try reader.read(0x81))
    confirmations = try reader.readNumber(0x82, through: 0xFFFF)
    contents = try reader.readList(0xA3, limit: 1024)
    receipts = try reader.readStrings(0xA4, limit: 64)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, card)
    writer.write(0x81, domain)
    writer.write(0x82, confirmations)
    writer.write(0xA3, contents)
    writer.write(0xA4, strings: receipts)
  }
}

/// The user apparatus brings the card: the issuer reads its registry, repairs the books, and deletes or locks what was
/// revoked.
public struct ContactWish: LastingBody {
  // ContactWish ::= SEQUENCE { registration [APPLICATION 68] Registration }
  public static let messageType = "C.ContactWish"
  /// RC with IRC.
  public let registration: Registration

  /// The card is here.
  public init(registration: Registration) { self.registration = registration }

  public init(fields reader: inout TLVReader) throws(TLVError) { registration = try reader.read() }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(registration) }
}
