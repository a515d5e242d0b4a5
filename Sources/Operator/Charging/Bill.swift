import Identifiers
import OfflineCard
import Store

/// A month, as bills have it: "2026-11", in UTC.
public struct Month: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let year: Int
  /// 1 to 12.
  public let month: Int

  /// The month that `text` writes: year and month with a hyphen.
  public init(_ text: String) throws(InvalidIdentifier) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard text.utf8.count == 7, parts.count == 2, parts[0].utf8.count == 4, let year = Int(parts[0]),
      let month = Int(parts[1]), (1970...9999).contains(year), (1...12).contains(month), parts[1].first != "+"
    else { throw InvalidIdentifier(kind: "month", reason: "it is written like 2026-11") }
    (self.year, self.month) = (year, month)
  }

  /// The first instant after the month.
  public var end: Instant {
    let (y, m) = month == 12 ? (year + 1, 1) : (year, month + 1)
    return Instant(seconds: Int64(Self.daysSinceEpoch(y, m)) * 86_400)
  }

  /// Days from 1970-01-01 to the first of a month.
  private static func daysSinceEpoch(_ year: Int, _ month: Int) -> Int {
    // Years counted from March put the leap day at their end.
    let years = month > 2 ? year : year - 1
    let days = years * 365 + years / 4 - years / 100 + years / 400
    return days + (153 * ((month + 9) % 12) + 2) / 5 - 719_468
  }

  public static func < (a: Month, b: Month) -> Bool { (a.year, a.month) < (b.year, b.month) }

  public var description: String {
    let digits = String(month)
    return "\(year)-\(digits.utf8.count < 2 ? "0" + digits : digits)"
  }
}

/// What a user pays for a month.
public struct Bill: Sendable, Hashable {
  /// A service, or what was added to one that an earlier bill has.
  public struct Line: Sendable, Hashable {
    public let card: CardNumber
    /// The card's number of the service.
    public let number: Int
    public let kind: ServiceKind
    public let terminal: TerminalNumber
    public let begun: Instant
    public let amount: Amount
    public let currency: Currency
  }

  public let month: Month
  public let registration: RegistrationNumber
  /// In order of time.
  public let lines: [Line]
  /// The month is not closed: more may come.
  public var isDraft = false

  /// What is paid in one currency.
  public struct Sum: Sendable, Hashable, CustomStringConvertible {
    public let currency: Currency
    /// In minor units: it may exceed what one amount can be, and what 64 bits hold.
    public let units: Int128

    public var description: String { currency.text(units) }
  }

  /// What is paid, a sum for each currency: two currencies are never added up.
  public var totals: [Sum] { Self.sums(lines) }

  static func sums(_ lines: [Line]) -> [Sum] {
    var units: [Currency: Int128] = [:]
    for line in lines { units[line.currency, default: 0] += Int128(line.amount.units) }
    return units.sorted { $0.key < $1.key }.map { Sum(currency: $0.key, units: $0.value) }
  }

  /// What is paid in `currency`, in minor units.
  public func total(in currency: Currency) -> Int128 { totals.first { $0.currency == currency }?.units ?? 0 }
}

extension Desk {
  /// Closes a month: whatever was begun before its end and stands on no bill goes on one, once. Records that come later go
  /// on the next month's. Closing again changes nothing. Returns how many lines there are.
  public func close(_ month: Month, now: Instant) throws -> Int {
    guard now >= month.end else { throw BillError.notOver(month) }
    return try store.retrying { store in
      try store.transaction { transaction in
        let isNew = try transaction.execute(
          "INSERT INTO bill_month (month, closed) VALUES ($1, $2) ON CONFLICT DO NOTHING", month.description, now)
        if isNew == 1 {
          try transaction.execute(
            """
            INSERT INTO bill_line (month, registration, card, number, amount)
            SELECT $1, registration, card, number, amount - billed FROM charged_service
            WHERE billed < amount AND begun < $2
            """, month.description, month.end)
          try transaction.execute(
            "UPDATE charged_service SET billed = amount WHERE billed < amount AND begun < $1", month.end)
          try EventRecord.append(
            Event(
              at: now, party: Self.party, kind: .changed, name: "BillMonth", correlation: month.description,
              body: .text("closed")), in: transaction)
        }
        let row = try transaction.first("SELECT COUNT(*) FROM bill_line WHERE month = $1", month.description)
        return try row?(0) ?? 0
      }
    }
  }

  /// What would stand on a user's bill if the month were closed now.
  public func draft(_ month: Month, of registration: RegistrationNumber) throws -> Bill {
    try store.read { reader in
      let rows = try reader.query(
        """
        SELECT card, number, kind, terminal, begun, amount - billed, currency FROM charged_service
        WHERE registration = $1 AND billed < amount AND begun < $2 ORDER BY begun, card, number
        """, registration.text, month.end)
      return Bill(month: month, registration: registration, lines: try rows.map(Self.line), isDraft: true)
    }
  }

  /// Whose bills a month has, in order.
  public func billed(_ month: Month) throws -> [RegistrationNumber] {
    try store.read { reader in
      try reader.query(
        "SELECT DISTINCT registration FROM bill_line WHERE month = $1 ORDER BY registration", month.description
      ).map { try RegistrationNumber($0(0)) }
    }
  }

  /// A user's bill; without lines where nothing is owed.
  public func bill(_ month: Month, of registration: RegistrationNumber) throws -> Bill {
    try store.read { reader in
      let isClosed = try reader.first("SELECT 1 FROM bill_month WHERE month = $1", month.description) != nil
      guard isClosed else { throw BillError.notClosed(month) }
      let rows = try reader.query(
        """
        SELECT l.card, l.number, s.kind, s.terminal, s.begun, l.amount, s.currency FROM bill_line AS l
        JOIN charged_service AS s ON s.card = l.card AND s.number = l.number
        WHERE l.month = $1 AND l.registration = $2 ORDER BY s.begun, l.card, l.number
        """, month.description, registration.text)
      return Bill(month: month, registration: registration, lines: try rows.map(Self.line))
    }
  }
}

extension Desk {
  private static func line(_ row: Row) throws -> Bill.Line {
    guard let kind = ServiceKind(rawValue: try row(2)), let amount = Amount(try row(5)) else {
      throw StoreError.unexpected("a bill's line is damaged")
    }
    return Bill.Line(
      card: try CardNumber(row(0)), number: try row(1), kind: kind, terminal: try TerminalNumber(row(3)),
      begun: try row(4), amount: amount, currency: try Currency(row(6)))
  }
}

/// Why there is no bill.
public enum BillError: Error, Hashable, Sendable, CustomStringConvertible {
  case notOver(Month)
  case notClosed(Month)

  public var description: String {
    switch self {
    case .notOver(let month): "the month \(month) is not over yet"
    case .notClosed(let month): "the month \(month) is not closed: close it first"
    }
  }
}
