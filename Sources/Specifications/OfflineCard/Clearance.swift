import SecureMessages
import TLV

/// The charging centre's word to a card that it has every record up to one: the card forgets them, and has its off-line
/// limit again.
public struct Clearance: LastingBody, Hashable {
  // Clearance ::= SEQUENCE { cardNumber [0], through [1] INTEGER }
  public static let messageType = "B.Clearance"
  public let card: CardNumber
  /// The number of the last service that is cleared, with all before it.
  public let through: Int

  /// Clears everything of a card up to service `through`.
  public init(card: CardNumber, through: Int) { (self.card, self.through) = (card, through) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    card = try reader.read(0x80)
    through = try reader.read(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, card)
    writer.write(0x81, through)
  }
}
