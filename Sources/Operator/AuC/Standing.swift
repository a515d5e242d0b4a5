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

// A bar stands beside the keys, not in them: a card that is replaced meanwhile stays out, and sequence numbers stay where
// they are. Whoever serves the subscriber is told to forget it, by the door of ``GSUPService/withdraw()``.
extension Desk {
  /// Shuts a subscriber out until ``unbar(_:now:random:)``; done already where it is barred.
  public func bar(_ imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try set(.barred, imsi, "barred", now: now, random: random)
  }

  /// Lets a barred subscriber in again; done already where it is active.
  public func unbar(_ imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try set(.active, imsi, "unbarred", now: now, random: random)
  }

  /// Shuts a subscriber out for good, and keeps the entry; done already where it is closed.
  public func close(_ imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try set(.closed, imsi, "closed", now: now, random: random)
  }

  private func set(_ standing: Standing, _ imsi: IMSI, _ text: String, now: Instant, random: any RandomSource) throws {
    try changing { transaction in
      guard try !SubscriberTable.records(of: imsi, in: transaction).isEmpty else {
        throw AuCError.unknownSubscriber(imsi)
      }
      let former = try StandingTable.standing(of: imsi, in: transaction)
      if former == standing { return }
      if former == .closed { throw AuCError.closed(imsi) }
      try StandingTable.set(standing, of: imsi, now: now, in: transaction)
      try note(.changed, of: imsi, text, now: now, random: random, in: transaction)
    }
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

  static func standing(of imsi: IMSI, in reader: any Reader) throws(StoreError) -> Standing {
    guard let row = try reader.first("SELECT standing FROM auc_standing WHERE imsi = $1", imsi.digits) else {
      return .active
    }
    return Standing(rawValue: try row(0)) ?? .closed
  }

  static func set(
    _ standing: Standing, of imsi: IMSI, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    guard standing != .active else {
      try transaction.execute("DELETE FROM auc_standing WHERE imsi = $1", imsi.digits)
      try transaction.execute("DELETE FROM auc_withdrawal WHERE imsi = $1", imsi.digits)
      return
    }
    try transaction.execute(
      """
      INSERT INTO auc_standing (imsi, standing, since) VALUES ($1, $2, $3)
      ON CONFLICT (imsi) DO UPDATE SET standing = $2, since = $3
      """, imsi.digits, standing.rawValue, now)
    try withdraw(imsi, in: transaction)
  }

  /// The nodes that serve a subscriber have still to be told to forget it.
  static func withdraw(_ imsi: IMSI, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("INSERT INTO auc_withdrawal (imsi) VALUES ($1) ON CONFLICT DO NOTHING", imsi.digits)
  }
}
