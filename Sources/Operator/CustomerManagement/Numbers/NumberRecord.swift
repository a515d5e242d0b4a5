import Identifiers
import Store

/// A number of a pool and whose it is. There is one record a number and one holder a record, so no number ever has two.
public struct NumberRecord: Sendable, Hashable {
  /// A number's life.
  public enum State: Int, Sendable, CaseIterable, CustomStringConvertible {
    case free = 0
    /// Shown to an applicant, for a while.
    case offered = 1
    /// Wanted by an applicant, for a while.
    case reserved = 2
    /// A subscription's.
    case inUse = 3
    /// Was in use; nobody gets it for a while, so that nobody gets the former holder's calls.
    case quarantined = 4

    public var description: String {
      switch self {
      case .free: "free"
      case .offered: "offered"
      case .reserved: "reserved"
      case .inUse: "in use"
      case .quarantined: "quarantined"
      }
    }
  }

  public let number: TelephoneNumber
  public let pool: String
  public let state: State
  /// The applicant or subscriber.
  public let subscriber: Int?
  /// The subscription that uses it.
  public let subscription: Int?
  /// When the number becomes free by itself.
  public let until: Instant?

  /// The record of `number` as it counts at `now`: what is over by then is free.
  static func find(_ number: TelephoneNumber, now: Instant, in reader: any Reader) throws -> NumberRecord {
    let row = try reader.first(
      "SELECT number, pool, state, subscriber, subscription, until FROM telephone_number WHERE number = $1",
      number.digits)
    guard let row else { throw CustomerError.unknownNumber(number) }
    return try read(row, now: now)
  }

  static func read(_ row: Row, now: Instant) throws -> NumberRecord {
    guard let state = State(rawValue: try row(2)) else { throw StoreError.unexpected("a number of no known state") }
    let until: Instant? = try row(5)
    let isOver = until.map { $0 <= now } ?? false
    return NumberRecord(
      number: try TelephoneNumber(row(0, as: String.self)), pool: try row(1), state: isOver ? .free : state,
      subscriber: isOver ? nil : try row(3), subscription: try row(4), until: isOver ? nil : until)
  }
}
