import TLV

/// How far a card goes without the charging centre: what it bounds is what a thief, or a user who will not pay, can take.
public struct OfflineLimits: TLVSequence, Hashable {
  // OfflineLimits ::= SEQUENCE { perService [0] INTEGER, outstanding [1] INTEGER, services [2] INTEGER,
  //   days [3] INTEGER, currency [4] Currency }
  /// The most that one service may cost.
  public let perService: Amount
  /// The most that all services together may cost which the centre has not cleared.
  public let outstanding: Amount
  /// How many services may be begun which the centre has not cleared: 1 to 64, for the card keeps a record of each.
  public let services: Int
  /// How many days may have passed since the oldest service that the centre has not cleared: 1 to 3660.
  public let days: Int
  /// What the card is used in, and in no other.
  public let currency: Currency

  /// The most records that a card keeps.
  public static let mostServices = 64
  /// The most days: ten years.
  public static let mostDays = 3660

  /// Limits; nil where a count is out of range.
  public init?(perService: Amount, outstanding: Amount, services: Int, days: Int, currency: Currency) {
    guard (1...Self.mostServices).contains(services), (1...Self.mostDays).contains(days) else { return nil }
    (self.perService, self.outstanding, self.services, self.days) = (perService, outstanding, services, days)
    self.currency = currency
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let (perService, outstanding): (Amount, Amount) = (try reader.read(0x80), try reader.read(0x81))
    let (services, days): (Int, Int) = (try reader.read(0x82), try reader.read(0x83))
    let currency: Currency = try reader.read(0x84)
    guard
      let limits = OfflineLimits(
        perService: perService, outstanding: outstanding, services: services, days: days, currency: currency)
    else { throw .invalid(0x82, "1 to \(Self.mostServices) services and 1 to \(Self.mostDays) days are wanted") }
    self = limits
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, perService)
    writer.write(0x81, outstanding)
    writer.write(0x82, services)
    writer.write(0x83, days)
    writer.write(0x84, currency)
  }
}
