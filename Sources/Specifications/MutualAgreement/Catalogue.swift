import Identifiers
import SecureMessages
import TLV

/// Asks a provider what there is for cards of an issuer.
public struct CatalogueRequest: TLVSequence, TLVMessage, Hashable {
  // CatalogueRequest ::= [APPLICATION 71] SEQUENCE { issuer [0] Party }
  public static let tag: TLVTag = 0x7F47
  /// Whose cards.
  public let issuer: Party

  /// What there is for cards of `issuer`.
  public init(issuer: Party) { self.issuer = issuer }

  public init(fields reader: inout TLVReader) throws(TLVError) { issuer = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, issuer) }
}

/// What a provider has, with what it costs.
public struct Catalogue: TLVSequence, TLVMessage, Hashable {
  // Catalogue ::= [APPLICATION 72] SEQUENCE { items [0] SEQUENCE OF Item }
  public static let tag: TLVTag = 0x7F48

  /// One application in its newest version.
  public struct Item: TLVSequence, TLVMessage, Hashable, Sendable {
    public static let tag: TLVTag = .sequence
    /// What it is called.
    public let title: String
    /// The load file.
    public let loadFile: AID
    /// Its version.
    public let version: UInt16
    /// Bytes on the card.
    public let size: Int
    /// What it costs, in the smallest unit of the provider's money.
    public let price: Int

    /// An item.
    public init(title: String, loadFile: AID, version: UInt16, size: Int, price: Int) {
      (self.title, self.loadFile, self.version) = (title, loadFile, version)
      (self.size, self.price) = (size, price)
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      (title, loadFile) = (try reader.readText(0x80, limit: 200), try reader.read(0x81))
      version = UInt16(try reader.readNumber(0x82, through: 0xFFFF))
      size = try reader.readNumber(0x83, through: StoringDataInformation.sizeLimit)
      price = try reader.readNumber(0x84, through: Int(Int32.max))
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, title)
      writer.write(0x81, loadFile)
      writer.write(0x82, Int(version))
      writer.write(0x83, size)
      writer.write(0x84, price)
    }
  }

  /// What there is.
  public let items: [Item]

  /// A catalogue.
  public init(items: [Item]) { self.items = items }

  public init(fields reader: inout TLVReader) throws(TLVError) { items = try reader.readList(0xA0, limit: 10_000) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, items) }
}
