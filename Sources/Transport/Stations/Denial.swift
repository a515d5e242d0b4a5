import SGP22

/// A refusal together with what only the event record is told.
public struct Denial: Error {
  /// What the peer is told.
  public let refusal: Refusal
  /// What the record is told.
  public let detail: String
}

extension Refusal {
  /// The refusal, and why in this case.
  public func because(_ detail: String) -> Denial { Denial(refusal: self, detail: detail) }
}
