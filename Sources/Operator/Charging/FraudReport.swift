import Foundation
import Identifiers
import OfflineCard
import SecureMessages
import Store

/// Where a terminal stands, in millionths of a degree.
public struct Place: Sendable, Hashable {
  public let latitude: Int
  public let longitude: Int

  /// A place on earth; nil where there is none.
  public init?(latitude: Double, longitude: Double) {
    guard abs(latitude) <= 90, abs(longitude) <= 180 else { return nil }
    (self.latitude, self.longitude) = (Int(latitude * 1_000_000), Int(longitude * 1_000_000))
  }

  init(microdegrees latitude: Int, _ longitude: Int) { (self.latitude, self.longitude) = (latitude, longitude) }

  /// Kilometres over ground.
  func distance(to other: Place) -> Double {
    func radians(_ value: Int) -> Double { Double(value) / 1_000_000 * .pi / 180 }
    let (a, b) = (radians(latitude), radians(other.latitude))
    let across = sin((b - a) / 2)
    let along = sin(radians(other.longitude - longitude) / 2)
    return 2 * 6371 * asin(min(1, sqrt(across * across + cos(a) * cos(b) * along * along)))
  }
}

/// What looks like fraud, for a person to look into.
public enum Finding: Sendable, Hashable, CustomStringConvertible {
  /// A record that is not billed.
  case refused(card: String, number: Int, terminal: TerminalNumber, batch: Int, reason: RefusalReason)
  /// Services that the card has numbered, and nobody has reported.
  case missing(card: CardNumber, from: Int, to: Int)
  /// Two services that one card cannot have reached, one after the other.
  case travel(card: CardNumber, from: Int, to: Int, kilometres: Int, minutes: Int)
  /// A service for which the card allowed more than its certificate does.
  case overLimit(card: CardNumber, number: Int, limit: Amount)
  /// A service that its card should not have begun before the centre cleared it.
  case beyond(card: CardNumber, number: Int, Excess)
  /// A service of a time that had not come when its record did.
  case early(card: CardNumber, number: Int, at: Instant)

  public var description: String {
    switch self {
    case .refused(let card, let number, let terminal, let batch, let reason):
      "card \(card), service \(number), from terminal \(terminal) in batch \(batch): \(reason)"
    case .missing(let card, let from, let to):
      from == to ? "card \(card): service \(from) is missing" : "card \(card): services \(from) to \(to) are missing"
    case .travel(let card, let from, let to, let kilometres, let minutes):
      "card \(card): services \(from) and \(to) are \(kilometres) km and \(minutes) minutes apart"
    case .overLimit(let card, let number, let limit):
      "card \(card), service \(number): it allowed \(limit) units, more than its certificate does"
    case .beyond(let card, let number, let excess):
      "card \(card), service \(number): \(excess)"
    case .early(let card, let number, let at):
      "card \(card), service \(number): its record says \(at), and came more than a day before that"
    }
  }
}

extension Desk {
  /// The speed beyond which nobody carries a card, in kilometres an hour: that of an airliner.
  static let greatestSpeed = 900.0

  /// Says where a terminal stands.
  public func place(_ terminal: TerminalNumber, at place: Place) throws {
    try store.transaction { transaction in
      _ = try transaction.execute(
        """
        INSERT INTO terminal_place (terminal, latitude, longitude) VALUES ($1, $2, $3) ON CONFLICT (terminal)
        DO UPDATE SET latitude = excluded.latitude, longitude = excluded.longitude
        """, terminal.text, place.latitude, place.longitude)
    }
  }

  /// Everything that looks like fraud; cards one after the other.
  public func fraudReport() throws -> [Finding] {
    try store.read { reader in
      try Self.refusals(in: reader) + Self.missing(in: reader) + Self.travels(in: reader) + Self.overLimit(in: reader)
        + Self.beyond(in: reader) + Self.early(in: reader)
    }
  }

  /// A day of doubt is more than a calendar that is heard once a quarter gathers.
  private static func early(in reader: any Reader) throws -> [Finding] {
    try reader.query(
      "SELECT card, number, ended FROM charged_service WHERE ended > heard + 86400000 ORDER BY card, number"
    ).map { .early(card: try CardNumber($0(0)), number: try $0(1), at: try $0(2)) }
  }

  private static func refusals(in reader: any Reader) throws -> [Finding] {
    try reader.query("SELECT card, number, terminal, batch, reason FROM refused_record ORDER BY id").map { row in
      guard let reason = RefusalReason(rawValue: try row(4)) else { throw StoreError.unexpected("an unknown reason") }
      return .refused(
        card: try row(0, as: String?.self) ?? "unknown", number: try row(1), terminal: try TerminalNumber(row(2)),
        batch: try row(3), reason: reason)
    }
  }

  private static func missing(in reader: any Reader) throws -> [Finding] {
    let rows = try reader.query(
      """
      SELECT card, former + 1, number - 1 FROM (
        SELECT card, number, COALESCE(LAG(number) OVER (PARTITION BY card ORDER BY number), 0) AS former
        FROM charged_service) AS pairs
      WHERE number > former + 1 ORDER BY card, number
      """)
    return try rows.map { .missing(card: try CardNumber($0(0)), from: try $0(1), to: try $0(2)) }
  }

  /// Consecutive services of a card at two terminals, which would have to be covered faster than an airliner, or at once.
  private static func travels(in reader: any Reader) throws -> [Finding] {
    let rows = try reader.query(
      """
      SELECT card, former, number, former_end, begun, a.latitude, a.longitude, b.latitude, b.longitude FROM (
        SELECT card, number, begun, terminal,
          LAG(number) OVER (PARTITION BY card ORDER BY number) AS former,
          LAG(ended) OVER (PARTITION BY card ORDER BY number) AS former_end,
          LAG(terminal) OVER (PARTITION BY card ORDER BY number) AS former_terminal
        FROM charged_service) AS pairs
      JOIN terminal_place AS a ON a.terminal = former_terminal JOIN terminal_place AS b ON b.terminal = pairs.terminal
      WHERE former_terminal <> pairs.terminal ORDER BY card, number
      """)
    return try rows.compactMap { row in
      let (end, begun): (Instant, Instant) = (try row(3), try row(4))
      let distance = Place(microdegrees: try row(5), try row(6)).distance(
        to: Place(microdegrees: try row(7), try row(8)))
      let milliseconds = begun.milliseconds - end.milliseconds
      let hours = Double(max(0, milliseconds)) / 3_600_000
      guard distance > hours * greatestSpeed + 1 else { return nil }
      return .travel(
        card: try CardNumber(row(0)), from: try row(1), to: try row(2), kilometres: Int(distance),
        minutes: Int(milliseconds / 60_000))
    }
  }

  private static func overLimit(in reader: any Reader) throws -> [Finding] {
    var findings: [Finding] = []
    for row in try reader.query("SELECT card, certificate FROM charged_card ORDER BY card") {
      let certificate = try Signed<CardCertificate>(encoded: row(1, as: [UInt8].self)).claimedBody
      let most = certificate.limits.perService
      for service in try reader.query(
        "SELECT record FROM charged_service WHERE card = $1 AND amount > $2 ORDER BY number", certificate.card.text,
        most.units)
      {
        let record = try Signed<UsageRecord>(encoded: service(0, as: [UInt8].self)).claimedBody
        findings.append(.overLimit(card: certificate.card, number: record.number, limit: record.limit))
      }
    }
    return findings
  }
}
