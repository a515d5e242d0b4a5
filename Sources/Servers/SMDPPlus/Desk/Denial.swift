import SGP22

/// A refusal together with what only the event record is told.
struct Denial: Error {
  let refusal: Refusal
  let detail: String
}

extension Refusal {
  /// The refusal, and why in this case.
  func because(_ detail: String) -> Denial { Denial(refusal: self, detail: detail) }
}
