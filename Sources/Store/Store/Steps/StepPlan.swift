import Identifiers

/// A long act over several parties as a list of steps: what comes before the pivot can be undone, what comes after it
/// is only finished.
public struct StepPlan<Party>: Sendable {
  /// What acts of this plan are called in the store and in the event record: "eSIM order".
  public let name: String
  /// All steps, the pivot among them.
  public let steps: [Step<Party>]
  /// The pivot's place.
  let pivot: Int
  let ended: @Sendable (Party, Act, any Transaction) throws -> Void

  /// A plan; `ended` writes what the end of an act means, in the transaction that ends it.
  public init(
    _ name: String, before: [Step<Party>], pivot: Step<Party>, after: [Step<Party>],
    ended: @escaping @Sendable (Party, Act, any Transaction) throws -> Void = { _, _, _ in }
  ) {
    (self.name, steps, self.pivot, self.ended) = (name, before + [pivot] + after, before.count, ended)
  }

  func place(of step: String) -> Int? { steps.firstIndex { $0.name == step } }

  /// The last step at or before `place` that has something to undo.
  func undoable(from place: Int) -> Int? { steps.indices.last { $0 <= place && steps[$0].undo != nil } }
}

/// One step of a long act.
public struct Step<Party>: Sendable {
  /// Does something and says how it went. It runs outside any transaction, and again after a crash, with the same
  /// identifier: whoever it calls must know a repetition by that. What it throws means that the outcome is unknown.
  public typealias Deed = @Sendable (Party, StepCall) throws -> StepOutcome

  public let name: String
  let perform: Deed
  let undo: Deed?

  /// A step, with what takes it back where it leaves something behind.
  public init(_ name: String, perform: @escaping Deed, undo: Deed? = nil) {
    (self.name, self.perform, self.undo) = (name, perform, undo)
  }
}

/// What a step is run with.
public struct StepCall: Sendable {
  /// The act as it stands.
  public let act: Act
  /// The same at every repetition of the step, and no other step's.
  public let identifier: String
  public let now: Instant
}

/// When a runner is at a step.
public enum StepMoment: String, Sendable, CaseIterable {
  /// Nothing was done.
  case before
  /// It was done, and nobody has noted that.
  case after
}

/// How a step went.
public enum StepOutcome: Sendable {
  /// It is done; what it means in the records is written in the transaction that notes it.
  case done(@Sendable (any Transaction) throws -> Void)
  /// It was not done and never will be. Before the pivot the act is undone; an undo that is refused came too late, and
  /// the act goes on; after the pivot it is tried again, for people to see.
  case refused(String)
  /// Whether it was done is not known, or it was not and may be later: it is repeated.
  case unknown(String)
  /// Somebody else must act first: ``Steps/wake(_:subject:now:in:)`` tells that it happened.
  case waiting
  /// Somebody else must act first, or time must pass: the step is looked at again then, or when it is woken before.
  case waitingUntil(Instant)

  /// It is done, and nothing else is to be written.
  public static var done: StepOutcome { .done { _ in } }
}
