import SecureMessages
import TLV

/// The charging centre's word to a card that it has a record of every service up to one: the card forgets them, and has
/// its off-line limit again. A record that is further on than the one that the centre has, the card keeps.
public struct Clearance: LastingBody, Hashable {
  // Clearance ::= SEQUENCE { cardNumber [0], through [1] INTEGER,
  //   unended [2] SEQUENCE OF LastStep }
  public static let messageType = "B.Clearance"
  public let card: CardNumber
  /// The number of the last service that is cleared, with all before it.
  public let through: Int
  /// The services among them whose end the centre has not, with the last step that it has: of the newest 64, which are
  /// all that a card keeps.
  public let unended: [LastStep]

  /// A service, and how far it is known.
  public struct LastStep: TLVMessage, TLVSequence, Hashable {
    // LastStep ::= SEQUENCE { number [0] INTEGER, step [1] INTEGER }
    public static let tag: TLVTag = .sequence
    public let number: Int
    public let step: Int

    /// Both fields.
    public init(number: Int, step: Int) { (self.number, self.step) = (number, step) }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      (number, step) = (try reader.read(0x80), try reader.read(0x81))
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, number)
      writer.write(0x81, step)
    }
  }

  /// Clears everything of a card up to service `through`, but what goes on after `unended`.
  public init(card: CardNumber, through: Int, unended: [LastStep]) {
    (self.card, self.through, self.unended) = (card, through, unended)
  }

  /// Whether the centre has all of the service of `record`.
  public func covers(_ record: UsageRecord) -> Bool {
    guard record.number <= through else { return false }
    return unended.allSatisfy { $0.number != record.number || record.step <= $0.step }
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    card = try reader.read(0x80)
    through = try reader.read(0x81)
    unended = try reader.read(0xA2)
    guard unended.count <= OfflineLimits.mostServices else {
      throw .invalid(0xA2, "a card keeps at most \(OfflineLimits.mostServices) records")
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, card)
    writer.write(0x81, through)
    writer.write(0xA2, unended)
  }
}
