import Foundation
import Identifiers
import Store

/// A person or company that has, or applies for, subscriptions.
public struct Subscriber: Sendable, Hashable {
  /// A subscriber's life.
  public enum State: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// Applies; has nothing yet.
    case applicant = 1
    /// Has subscriptions.
    case customer = 2
    /// Has none any more and gets none.
    case former = 3

    public var description: String {
      switch self {
      case .applicant: "applicant"
      case .customer: "customer"
      case .former: "former"
      }
    }
  }

  /// What a subscriber is known by: name, address, and a date of birth for a natural person.
  public struct Particulars: Sendable, Hashable {
    public let name: String
    public let address: String
    /// "1980-01-31"
    public let birthDate: String?

    /// Checks that the name has 1 to 200 characters, the address at most 500, and the date exists.
    public init(name: String, address: String = "", birthDate: String? = nil) throws(CustomerError) {
      guard (1...200).contains(name.count), !name.contains(where: \.isNewline) else {
        throw .invalid("name", "1 to 200 characters on one line are wanted")
      }
      guard address.count <= 500 else { throw .invalid("address", "it is longer than 500 characters") }
      if let birthDate {
        // Written back, 1980-02-31 becomes another day.
        guard let date = try? Date(birthDate, strategy: Self.day), date.formatted(Self.day) == birthDate else {
          throw .invalid("birth date", "a day like 1980-01-31 is wanted")
        }
      }
      (self.name, self.address, self.birthDate) = (name, address, birthDate)
    }

    private static let day = Date.ISO8601FormatStyle().year().month().day()
  }

  public let id: Int
  public let particulars: Particulars
  public internal(set) var state: State
  /// The last credit check's answer; nil before the first.
  public internal(set) var credit: CreditAnswer?
  /// When it was given.
  public internal(set) var creditAt: Instant?
  public let since: Instant
  let version: Int

  static func find(_ id: Int, in reader: any Reader) throws -> Subscriber {
    let row = try reader.first(
      """
      SELECT id, version, name, address, birth_date, state, credit, credit_limit, credit_reason, credit_at, since
      FROM subscriber WHERE id = $1
      """, id)
    guard let row else { throw CustomerError.unknownSubscriber(id) }
    return try read(row)
  }

  /// Who applied by `application`.
  static func find(application: String, in reader: any Reader) throws -> Subscriber? {
    try reader.first(
      """
      SELECT id, version, name, address, birth_date, state, credit, credit_limit, credit_reason, credit_at, since
      FROM subscriber WHERE application = $1
      """, application
    ).map(read)
  }

  static func read(_ row: Row) throws -> Subscriber {
    guard let state = State(rawValue: try row(5)) else { throw StoreError.unexpected("a subscriber of no known state") }
    return Subscriber(
      id: try row(0),
      particulars: try Particulars(name: row(2), address: row(3), birthDate: row(4)), state: state,
      credit: CreditAnswer(number: try row(6), limit: try row(7), reason: try row(8)), creditAt: try row(9),
      since: try row(10), version: try row(1))
  }

  func save(in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne(
      """
      UPDATE subscriber SET version = version + 1, state = $3, credit = $4, credit_limit = $5, credit_reason = $6,
        credit_at = $7 WHERE id = $1 AND version = $2
      """,
      id, version, state.rawValue, credit?.number ?? 0, credit?.limit, credit?.reason, creditAt)
  }
}

extension Desk {
  /// Enters who applies by `application`, once: again only the particulars are brought up to date, as long as nothing came
  /// of it.
  public func apply(_ particulars: Subscriber.Particulars, by application: String, now: Instant) throws -> Subscriber {
    try perform { transaction in
      let isNew = try Subscriber.find(application: application, in: transaction) == nil
      try transaction.execute(
        """
        INSERT INTO subscriber (version, name, address, birth_date, state, credit, since, application)
        VALUES (1, $1, $2, $3, 1, 0, $4, $5) ON CONFLICT (application) WHERE application IS NOT NULL
        DO UPDATE SET name = excluded.name, address = excluded.address, birth_date = excluded.birth_date
        WHERE subscriber.state = 1
        """, particulars.name, particulars.address, particulars.birthDate, now, application)
      guard let entered = try Subscriber.find(application: application, in: transaction) else {
        throw StoreError.unexpected("a new subscriber is not there")
      }
      if isNew { try Self.note("Subscriber", "applies", ofSubscriber: entered.id, now: now, in: transaction) }
      return entered
    }
  }

  /// Who applied by `application`, whatever came of it; nil where nobody did.
  public func applicant(by application: String) throws -> Subscriber? {
    try store.read { try Subscriber.find(application: application, in: $0) }
  }

  /// The subscriber has nothing any more and gets nothing: the numbers held are free again. Repeated, it changes nothing;
  /// refused as long as a subscription is open.
  public func dismiss(_ id: Int, now: Instant) throws {
    try perform { transaction in
      var subscriber = try Subscriber.find(id, in: transaction)
      guard subscriber.state != .former else { return }
      guard try transaction.first("SELECT 1 FROM subscription WHERE subscriber = $1 AND state <> 4", id) == nil else {
        throw CustomerError.notAllowed("subscriber \(id) has a subscription that has not ended")
      }
      try releaseNumbers(heldBy: id, now: now, in: transaction)
      subscriber.state = .former
      try subscriber.save(in: transaction)
      try Self.note("Subscriber", "has nothing any more", ofSubscriber: id, now: now, in: transaction)
    }
  }

  /// Enters somebody who applies; returns the subscriber's number.
  public func add(_ particulars: Subscriber.Particulars, now: Instant) throws -> Int {
    try perform { transaction in
      let row = try transaction.first(
        """
        INSERT INTO subscriber (version, name, address, birth_date, state, credit, since)
        VALUES (1, $1, $2, $3, 1, 0, $4) RETURNING id
        """, particulars.name, particulars.address, particulars.birthDate, now)
      guard let id = try row?(0, as: Int.self) else { throw StoreError.unexpected("a new subscriber without a number") }
      try Self.note("Subscriber", "applies", ofSubscriber: id, now: now, in: transaction)
      return id
    }
  }

  /// The subscriber `id`.
  public func subscriber(_ id: Int) throws -> Subscriber { try store.read { try Subscriber.find(id, in: $0) } }

  /// Subscribers after `id` in the order of their numbers, at most `limit`.
  public func subscribers(after id: Int = 0, limit: Int = 100) throws -> [Subscriber] {
    try store.read { reader in
      try reader.query(
        """
        SELECT id, version, name, address, birth_date, state, credit, credit_limit, credit_reason, credit_at, since
        FROM subscriber WHERE id > $1 ORDER BY id LIMIT $2
        """, id, limit
      ).map(Subscriber.read)
    }
  }

  /// Asks `check` about a subscriber and keeps the answer. No transaction is open while the service thinks.
  public func checkCredit(
    ofSubscriber id: Int, amount: Int, by check: any CreditCheck, now: Instant
  ) throws -> CreditAnswer {
    let asked = try subscriber(id)
    guard asked.state != .former else { throw CustomerError.notAllowed("subscriber \(id) is a former one") }
    let answer = check.answer(to: CreditInquiry(reference: "subscriber-\(id)", of: asked.particulars, amount: amount))
    return try perform { transaction in
      var subscriber = try Subscriber.find(id, in: transaction)
      (subscriber.credit, subscriber.creditAt) = (answer, now)
      try subscriber.save(in: transaction)
      try Self.note("CreditCheck", "\(answer)", ofSubscriber: id, peer: check.name, now: now, in: transaction)
      return answer
    }
  }
}
