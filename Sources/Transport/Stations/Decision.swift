import Identifiers
import SGP22
import Store

/// One change in the store. Each is written over the version it was decided on, or all are decided anew.
public protocol DurableChange: Sendable {
  /// Writes it.
  func save(now: Instant, in transaction: any Transaction) throws(StoreError)
}

extension Event: DurableChange {
  /// Adds the event to the record.
  public func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    try EventRecord.append(self, in: transaction)
  }
}

/// A refusal with its detail, for the record.
public struct RecordedRefusal: DurableChange {
  let denial: Denial
  let party: String
  let correlation: String

  /// `party` refused.
  public init(_ denial: Denial, by party: String, correlation: String) {
    (self.denial, self.party, self.correlation) = (denial, party, correlation)
  }

  public func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    try EventRecord.append(
      Event(
        at: now, party: party, kind: .refused, name: "\(denial.refusal.subjectCode)/\(denial.refusal.reasonCode)",
        correlation: correlation, body: .text(denial.detail)), in: transaction)
  }
}

/// What a request leads to: the answer, and what must be durable before anybody hears it.
public struct Decision<Answer: Sendable>: Sendable {
  /// What the peer is told.
  public let answer: Result<Answer, Refusal>
  /// What changes in the store, in order.
  public var changes: [any DurableChange]
  /// What belongs together in the record: the session, or the profile.
  public let correlation: String
  /// The answer as it is recorded, where it is long.
  public var recordedAnswer: [UInt8]?
  /// Whether the answer is only that there is none yet: the same call, made again, is decided again.
  public var isPending = false

  /// An answer, and what changes with it.
  public init(_ answer: Result<Answer, Refusal>, correlation: String = "", changes: [any DurableChange]) {
    (self.answer, self.correlation, self.changes) = (answer, correlation, changes)
  }

  /// A refusal by `party`, and what changes with it; its detail goes to the record.
  public init(
    refusing denial: Denial, by party: String, correlation: String, changes: [any DurableChange] = []
  ) {
    self.init(
      .failure(denial.refusal), correlation: correlation,
      changes: changes + [RecordedRefusal(denial, by: party, correlation: correlation)])
  }

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    for change in changes { try change.save(now: now, in: transaction) }
  }
}
