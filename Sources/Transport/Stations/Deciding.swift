import SGP22
import Store

/// A desk: decides each request from what is stored, and makes the outcome durable before it answers.
public protocol Deciding: Sendable {
  /// What it knows.
  var store: any Store { get }
}

/// How often a request is decided anew. Each time another one that wants the same record was served, so that all of a
/// crowd get their answer in turn.
private let deskPatience = 100

extension Deciding {
  /// Decides, makes durable, answers. `decide` runs again where somebody else changed a record meanwhile; it reads one
  /// state of the store and waits for nobody, so that many requests are decided side by side.
  public func perform<Answer: Sendable>(
    given: Given, _ decide: (any Reader) throws -> Decision<Answer>
  ) throws -> Result<Answer, Refusal> {
    try store.retrying(limit: deskPatience) { store in
      let decision = try store.read(decide)
      guard !decision.changes.isEmpty else { return decision.answer }
      try store.transaction { try decision.save(now: given.now, in: $0) }
      return decision.answer
    }
  }

  /// The same, sharing its commit with whoever else waits for one.
  public func perform<Answer: Sendable>(
    given: Given, _ decide: (any Reader) throws -> Decision<Answer>
  ) async throws -> Result<Answer, Refusal> {
    try await store.retrying(limit: deskPatience) { store in
      let decision = try store.read(decide)
      guard !decision.changes.isEmpty else { return decision.answer }
      try await store.transaction { try decision.save(now: given.now, in: $0) }
      return decision.answer
    }
  }
}
