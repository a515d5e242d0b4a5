import Identifiers
import MutualAgreement
import SecureMessages
import Store

/// Refusals in the record. Anybody can cause them, so that each day has room for so many; what is refused beyond them
/// leaves no trace but that there was more.
enum Refusals {
  /// Refusals that are recorded on a day.
  static let daily = 1000
  private static let day: Int64 = 86_400_000

  /// Records that a message was refused.
  static func record(
    _ refusal: AgreementRefusal, of message: [UInt8], because error: any Error, by party: Party, at now: Instant,
    in store: any Store
  ) throws {
    let today = Int(now.milliseconds / day)
    // A flood of them costs a look each, and no commit.
    let row = try store.read { try $0.first("SELECT count FROM refusal_day WHERE day = $1", today) }
    guard try row?(0) ?? 0 < daily else { return }
    try store.transaction { transaction in
      try transaction.execute("DELETE FROM refusal_day WHERE day < $1", today)
      let row = try transaction.first(
        """
        INSERT INTO refusal_day (day, count) VALUES ($1, 1)
        ON CONFLICT (day) DO UPDATE SET count = refusal_day.count + 1 RETURNING count
        """, today)
      let count: Int = try row?(0) ?? daily
      guard count <= daily else { return }
      let kind = MessageKind.of(message).map { "\($0)" } ?? "no message"
      let text = count < daily ? "\(kind): \(error)" : "the \(daily)th of this day; more are not recorded"
      try EventRecord.append(
        Event(
          at: now, party: party.name, kind: .refused, name: "\(refusal)", correlation: "", body: .text(text)),
        in: transaction)
    }
  }
}

extension AgreementRefusal {
  /// What a peer is told of an error.
  public init(_ error: any Error) {
    self = error as? AgreementRefusal ?? (error is SecureMessageError ? .notAuthentic : .failed)
  }
}
