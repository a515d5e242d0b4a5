import TLV

/// How far a card goes without the charging centre: what it bounds is what a thief, or a user who will not pay, can take.
public struct OfflineLimits: TLVSequence, Hashable {
  /// The most that one service may cost.
  public let perService: Amount
  /// The most that all services together may cost which the centre has not cleared.
  public let outstanding: Amount
  /// How many services may be begun which the centre has not cleared: 1 to 64, for the card keeps a record of each.
  public let services: Int

  /// The most records that a card keeps.
  public static let mostServices = 64

  /// Limits; nil where the count is out of range.
  public init?(perService: Amount, outstanding: Amount, services: Int) {
    guard (1...Self.mostServices).contains(services) else { return nil }
    (self.perService, self.outstanding, self.services) = (perService, outstanding, services)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let (perService, outstanding): (Amount, Amount) = (try reader.read(0x80), try reader.read(0x81))
    guard let limits = OfflineLimits(perService: perService, outstanding: outstanding, services: try reader.read(0x82))
    else { throw .invalid(0x82, "1 to \(Self.mostServices) services are wanted") }
    self = limits
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, perService)
    writer.write(0x81, outstanding)
    writer.write(0x82, services)
  }
}
