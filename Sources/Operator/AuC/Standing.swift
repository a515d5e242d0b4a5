import Bytes
import Identifiers
import Store

/// Whether the network may let a subscriber in, whatever the keys are.
public enum Standing: Int, Hashable, Sendable, CaseIterable {
  /// Vectors are made.
  case active = 0
  /// No vectors until the bar is lifted: an unpaid bill, a phone reported as lost.
  case barred = 1
  /// No vectors ever again: the contract has ended. The entry stays, so that nobody takes the IMSI anew by mistake.
  case closed = 2
}

/// Why a subscriber is barred. Several causes may hold at once, and who lifts one lifts no other.
public enum BarCause: Int, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  /// A person barred it: the phone was reported as lost.
  case person = 1
  /// Its subscription is suspended.
  case suspension = 2
  /// There seem to be two devices with its keys.
  case clone = 4

  public var description: String {
    switch self {
    case .person: "by hand"
    case .suspension: "its subscription is suspended"
    case .clone: "its keys seem to be in two devices"
    }
  }
}

// A bar stands beside the keys, not in them: a card that is replaced meanwhile stays out, and sequence numbers stay where
// they are. Whoever serves the subscriber is told to forget it, by the door of ``GSUPService/withdraw()``.
extension Desk {
  /// Shuts a subscriber out until ``unbar(_:because:now:random:)`` for the same cause; done already where that holds.
  public func bar(_ imsi: IMSI, because cause: BarCause = .person, now: Instant, random: any RandomSource) throws {
    try changing { transaction in
      let causes = try bars(of: imsi, in: transaction)
      guard !causes.contains(cause) else { return }
      try StandingTable.set(.barred, because: causes.union([cause]), of: imsi, now: now, in: transaction)
      try note(.changed, of: imsi, "barred: \(cause)", now: now, random: random, in: transaction)
    }
  }

  /// Lifts the bar of this cause; done already where none holds. Returns the causes that still hold: where there is none,
  /// the subscriber is let in again.
  @discardableResult
  public func unbar(
    _ imsi: IMSI, because cause: BarCause = .person, now: Instant, random: any RandomSource
  ) throws -> Set<BarCause> {
    try changing { transaction in
      let causes = try bars(of: imsi, in: transaction)
      guard causes.contains(cause) else { return causes }
      let rest = causes.subtracting([cause])
      try StandingTable.set(rest.isEmpty ? .active : .barred, because: rest, of: imsi, now: now, in: transaction)
      try note(.changed, of: imsi, "bar lifted: \(cause)", now: now, random: random, in: transaction)
      return rest
    }
  }

  /// Shuts a subscriber out for good, and keeps the entry; done already where it is closed.
  public func close(_ imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try changing { transaction in
      try known(imsi, in: transaction)
      guard try StandingTable.standing(of: imsi, in: transaction) != .closed else { return }
      try StandingTable.set(.closed, of: imsi, now: now, in: transaction)
      try note(.changed, of: imsi, "closed", now: now, random: random, in: transaction)
    }
  }

  /// Why a subscriber is barred; refused where it is closed.
  private func bars(of imsi: IMSI, in reader: any Reader) throws -> Set<BarCause> {
    try known(imsi, in: reader)
    if try StandingTable.standing(of: imsi, in: reader) == .closed { throw AuCError.closed(imsi) }
    return try StandingTable.bars(of: imsi, in: reader)
  }

  private func known(_ imsi: IMSI, in reader: any Reader) throws {
    if try SubscriberTable.records(of: imsi, in: reader).isEmpty { throw AuCError.unknownSubscriber(imsi) }
  }
}

/// Who is not simply active, and whose serving nodes have still to be told.
enum StandingTable {
  /// The third version of ``SubscriberTable/schema``.
  static let version: [SchemaChange] = [
    .table(
      "auc_standing",
      "imsi TEXT PRIMARY KEY, standing INTEGER NOT NULL CHECK (standing IN (1, 2)), since INTEGER NOT NULL"),
    .table("auc_withdrawal", "imsi TEXT PRIMARY KEY"),
  ]

  /// The fifth version: a bar has its causes, those of ``BarCause`` added up. One that is there already is a person's to
  /// lift: nobody knows its cause any more.
  static let causes: [SchemaChange] = [
    .statement("ALTER TABLE auc_standing ADD COLUMN causes INTEGER NOT NULL DEFAULT 1")
  ]

  static func bars(of imsi: IMSI, in reader: any Reader) throws(StoreError) -> Set<BarCause> {
    let row = try reader.first("SELECT causes FROM auc_standing WHERE imsi = $1 AND standing = 1", imsi.digits)
    let causes: Int = try row?(0) ?? 0
    return Set(BarCause.allCases.filter { causes & $0.rawValue != 0 })
  }

  static func standing(of imsi: IMSI, in reader: any Reader) throws(StoreError) -> Standing {
    guard let row = try reader.first("SELECT standing FROM auc_standing WHERE imsi = $1", imsi.digits) else {
      return .active
    }
    return Standing(rawValue: try row(0)) ?? .closed
  }

  static func set(
    _ standing: Standing, because causes: Set<BarCause> = [], of imsi: IMSI, now: Instant,
    in transaction: any Transaction
  ) throws(StoreError) {
    guard standing != .active else {
      try transaction.execute("DELETE FROM auc_standing WHERE imsi = $1", imsi.digits)
      try transaction.execute("DELETE FROM auc_withdrawal WHERE imsi = $1", imsi.digits)
      return
    }
    try transaction.execute(
      """
      INSERT INTO auc_standing (imsi, standing, since, causes) VALUES ($1, $2, $3, $4)
      ON CONFLICT (imsi) DO UPDATE SET standing = excluded.standing, since = excluded.since, causes = excluded.causes
      """, imsi.digits, standing.rawValue, now, causes.reduce(0) { $0 + $1.rawValue })
    try withdraw(imsi, in: transaction)
  }

  /// The nodes that serve a subscriber have still to be told to forget it.
  static func withdraw(_ imsi: IMSI, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("INSERT INTO auc_withdrawal (imsi) VALUES ($1) ON CONFLICT DO NOTHING", imsi.digits)
  }
}
