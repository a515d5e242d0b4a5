import Identifiers
import SecureMessages
import TLV

/// The issuer's standing consent: the provider may store and delete in its domain without asking (C4, C6, C7), or, where
/// `isGiven` is false, may no longer. The one with the highest serial number holds.
public struct StandingConsent: LastingBody, Hashable {
  // StandingConsent ::= SEQUENCE { provider [0] Party, isGiven [1] BOOLEAN, quota [2] INTEGER }
  public static let messageType = "C.StandingConsent"
  /// Who may.
  public let provider: Party
  /// Whether it is given or taken back.
  public let isGiven: Bool
  /// Bytes that the provider's content may take on each card.
  public let quota: Int

  /// Consent, or its end.
  public init(to provider: Party, isGiven: Bool, quota: Int) {
    (self.provider, self.isGiven, self.quota) = (provider, isGiven, quota)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (provider, isGiven) = (try reader.read(0x80), try reader.read(0x81))
    quota = try reader.readNumber(0x82, through: Int(Int32.max))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, provider)
    writer.write(0x81, isGiven)
    writer.write(0x82, quota)
  }
}

/// Who or what a registrar or issuer stands for no longer: parties, cards and data. Each list takes the place of the one
/// before it, and names everything that is revoked.
public struct RevocationList: LastingBody, Hashable {
  // RevocationList ::= SEQUENCE { parties [0] SEQUENCE OF Party, cards [1] SEQUENCE OF CardName,
  //   data [2] SEQUENCE OF RevokedData }
  public static let messageType = "C.RevocationList"
  /// The most entries of each kind.
  public static let limit = 10_000

  /// Data of a name, up to a version.
  public struct RevokedData: TLVSequence, TLVMessage, Hashable {
    public static let tag: TLVTag = .sequence
    /// The load file.
    public let loadFile: AID
    /// The newest version that is revoked.
    public let through: UInt16

    /// Data of that name, up to that version.
    public init(_ loadFile: AID, through: UInt16) { (self.loadFile, self.through) = (loadFile, through) }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      loadFile = try reader.read(0x80)
      through = UInt16(try reader.readNumber(0x81, through: 0xFFFF))
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, loadFile)
      writer.write(0x81, Int(through))
    }
  }

  /// Issuers or providers.
  public var parties: [Party] = []
  /// Cards.
  public var cards: [CardName] = []
  /// Data.
  public var data: [RevokedData] = []

  /// Nobody and nothing.
  public init() {}

  /// Whether these data are revoked.
  public func names(_ loadFile: AID, version: UInt16) -> Bool {
    data.contains { $0.loadFile == loadFile && version <= $0.through }
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    var names = try reader.element(0xA0).reader()
    while !names.isAtEnd { parties.append(try names.read(.utf8String)) }
    var numbers = try reader.element(0xA1).reader()
    while !numbers.isAtEnd { cards.append(try numbers.read(.sequence)) }
    data = try reader.readList(0xA2, limit: Self.limit)
    guard parties.count <= Self.limit, cards.count <= Self.limit else { throw .invalid(0xA0, "the list is too long") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0) { writer in for party in parties { writer.write(.utf8String, party) } }
    writer.write(0xA1) { writer in for card in cards { writer.write(.sequence, card) } }
    writer.write(0xA2, data)
  }
}
