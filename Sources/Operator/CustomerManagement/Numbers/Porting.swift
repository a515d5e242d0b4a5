import Identifiers
import Store

/// A number that moves with its subscriber from one operator to another, under a name that the change has here. Each
/// act may be repeated.
public struct Porting: Sendable, Hashable {
  /// Which way the number goes.
  public enum Direction: Int, Sendable, CustomStringConvertible {
    case portIn = 1
    case portOut = 2

    public var description: String {
      switch self {
      case .portIn: "in"
      case .portOut: "out"
      }
    }
  }

  /// How far it has come.
  public enum State: Int, Sendable, CustomStringConvertible {
    /// Both operators agreed; the number is where it was.
    case agreed = 1
    case done = 2
    case takenBack = 3

    public var description: String {
      switch self {
      case .agreed: "agreed"
      case .done: "done"
      case .takenBack: "taken back"
      }
    }
  }

  /// The change.
  public let name: String
  /// Which way the number goes.
  public let direction: Direction
  /// The number that moves.
  public let number: TelephoneNumber
  /// The other operator.
  public let peer: String
  /// The subscription that gets it, or loses it.
  public let subscription: Int
  /// How far it has come.
  public let state: State

  static func find(_ name: String, _ direction: Direction, in reader: any Reader) throws -> Porting? {
    try reader.first(
      "SELECT name, direction, number, peer, subscription, state FROM porting WHERE name = $1 AND direction = $2", name,
      direction.rawValue
    ).map { row in
      guard let direction = Direction(rawValue: try row(1)), let state = State(rawValue: try row(5)) else {
        throw StoreError.unexpected("a porting of no known state")
      }
      return Porting(
        name: try row(0), direction: direction, number: try TelephoneNumber(row(2, as: String.self)),
        peer: try row(3), subscription: try row(4), state: state)
    }
  }

  /// The pool of numbers that came from other operators. None of them is ever given to anybody else.
  static let pool = "ported-in"
}

extension Desk {
  /// The porting called `name`; nil where there is none.
  public func porting(_ name: String, _ direction: Porting.Direction) throws -> Porting? {
    try store.read { try Porting.find(name, direction, in: $0) }
  }

  // MARK: The receiving operator

  /// Agrees that a number comes from another operator, for a subscription that is not in use yet.
  public func beginPortIn(
    _ name: String, _ number: TelephoneNumber, from donor: String, to subscription: Int, now: Instant
  ) throws {
    try perform { transaction in
      if let known = try Porting.find(name, .portIn, in: transaction) {
        return try Self.expect(known, number, donor, subscription)
      }
      let found = try Subscription.find(subscription, in: transaction)
      guard found.state != .ended else { throw CustomerError.notAllowed("subscription \(subscription) has ended") }
      // One that is ours and in use cannot come; one that left may come home.
      let held = try transaction.first("SELECT state FROM telephone_number WHERE number = $1", number.digits)
      if let held, try held(0) == NumberRecord.State.inUse.rawValue { throw CustomerError.numberTaken(number) }
      try insert(
        Porting(
          name: name, direction: .portIn, number: number, peer: donor, subscription: subscription, state: .agreed),
        now: now, in: transaction)
      try note(found, "\(number) comes from \(donor)", now: now, in: transaction)
    }
  }

  /// The number is the subscription's from now on; that which it had comes to rest.
  public func completePortIn(_ name: String, now: Instant) throws {
    try perform { transaction in
      guard let porting = try open(name, .portIn, in: transaction) else { return }
      let found = try Subscription.find(porting.subscription, in: transaction)
      if let former = found.number { try quarantine(former, now: now, in: transaction) }
      try transaction.execute(
        """
        INSERT INTO number_pool (name, offer, reservation, quarantine) VALUES ($1, 1000, 1000, 0) ON CONFLICT DO NOTHING
        """, Porting.pool)
      let count = try transaction.execute(
        """
        INSERT INTO telephone_number (number, pool, state, subscriber, subscription) VALUES ($1, $2, 3, $3, $4)
        ON CONFLICT (number) DO UPDATE SET state = 3, subscriber = excluded.subscriber,
          subscription = excluded.subscription, until = NULL WHERE telephone_number.state <> 3
        """, porting.number.digits, Porting.pool, found.subscriber, found.id)
      guard count == 1 else { throw CustomerError.numberTaken(porting.number) }
      try settle(porting, .done, in: transaction)
      try note(found, "\(porting.number) came from \(porting.peer)", now: now, in: transaction)
    }
  }

  // MARK: The donor

  /// Agrees that a subscription's number goes to another operator. Until then nothing changes.
  public func beginPortOut(_ name: String, _ number: TelephoneNumber, to receiver: String, now: Instant) throws {
    try perform { transaction in
      let record = try NumberRecord.find(number, now: now, in: transaction)
      if let known = try Porting.find(name, .portOut, in: transaction) {
        return try Self.expect(known, number, receiver, known.subscription)
      }
      guard let id = record.subscription else {
        throw CustomerError.notAllowed("the number \(number) is \(record.state)")
      }
      let other = try transaction.first(
        "SELECT name FROM porting WHERE number = $1 AND direction = 2 AND state = 1", number.digits)
      guard other == nil else {
        throw CustomerError.notAllowed("the number \(number) goes to another operator already")
      }
      try insert(
        Porting(
          name: name, direction: .portOut, number: number, peer: receiver, subscription: id, state: .agreed), now: now,
        in: transaction)
      try note(Subscription.find(id, in: transaction), "\(number) goes to \(receiver)", now: now, in: transaction)
    }
  }

  /// The number is the other operator's from now on: nobody here gets it, unless it comes back.
  public func completePortOut(_ name: String, now: Instant) throws {
    try perform { transaction in
      guard let porting = try open(name, .portOut, in: transaction) else { return }
      try transaction.execute(
        """
        UPDATE telephone_number SET state = 4, subscriber = NULL, subscription = NULL, until = $2 WHERE number = $1
        """, porting.number.digits, Instant(seconds: 253_402_300_799))
      try settle(porting, .done, in: transaction)
      let found = try Subscription.find(porting.subscription, in: transaction)
      try note(found, "\(porting.number) went to \(porting.peer)", now: now, in: transaction)
    }
  }

  // MARK: Both

  /// What was agreed on is no more; done already where nothing was. One that is done is not taken back.
  public func takeBackPorting(_ name: String, _ direction: Porting.Direction, now: Instant) throws {
    try perform { transaction in
      guard let porting = try Porting.find(name, direction, in: transaction), porting.state != .takenBack else {
        return
      }
      guard porting.state == .agreed else {
        throw CustomerError.notAllowed("the number \(porting.number) has gone \(direction) already")
      }
      try settle(porting, .takenBack, in: transaction)
      let found = try Subscription.find(porting.subscription, in: transaction)
      try note(found, "\(porting.number) stays where it is", now: now, in: transaction)
    }
  }

  private func open(_ name: String, _ direction: Porting.Direction, in reader: any Reader) throws -> Porting? {
    guard let porting = try Porting.find(name, direction, in: reader) else {
      throw CustomerError.notAllowed("nobody agreed on a porting called \(name)")
    }
    switch porting.state {
    case .agreed: return porting
    case .done: return nil
    case .takenBack: throw CustomerError.notAllowed("the porting \(name) was taken back")
    }
  }

  private static func expect(_ known: Porting, _ number: TelephoneNumber, _ peer: String, _ subscription: Int) throws {
    guard known.number == number, known.peer == peer, known.subscription == subscription, known.state != .takenBack
    else { throw CustomerError.notAllowed("another porting was called \(known.name)") }
  }

  private func insert(_ porting: Porting, now: Instant, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute(
      """
      INSERT INTO porting (name, direction, number, peer, subscription, state, since) VALUES ($1, $2, $3, $4, $5, 1, $6)
      """, porting.name, porting.direction.rawValue, porting.number.digits, porting.peer, porting.subscription, now)
  }

  private func settle(_ porting: Porting, _ state: Porting.State, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne(
      "UPDATE porting SET state = $3 WHERE name = $1 AND direction = $2 AND state = 1", porting.name,
      porting.direction.rawValue, state.rawValue)
  }

  private func note(
    _ subscription: Subscription, _ text: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    try Self.note("Porting", text, ofSubscriber: subscription.subscriber, now: now, in: transaction)
  }
}
