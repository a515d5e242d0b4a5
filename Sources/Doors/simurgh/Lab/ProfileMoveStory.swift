import Foundation
import World

/// `simurgh lab move`: a profile moves to another device (JP 6820082), in virtual time with real parties: an SM-DP+, an AuC,
/// the operator's list of steps, and two software eUICCs in their devices.
struct ProfileMoveStory {
  private let story: Story

  init(_ story: Story) { self.story = story }

  func play() async throws {
    let calm = try await story.step("a move", detail: told) { try played(MoveStory()) }
    for line in calm.steps { story.say("      \(line)") }
    try await story.step("cancelled at its end", detail: told) {
      try played(MoveStory(plan { $0.cancelledAt = "DisableOld" }))
    }
    try await story.step("old device lost", detail: told) {
      try played(MoveStory(plan { ($0.isOldAtHand, $0.wrongCodes) = (false, 1) }))
    }
    try await story.step("refused by 2nd person", detail: told) {
      try played(MoveStory(plan { ($0.isOldAtHand, $0.wrongCodes, $0.approves) = (false, 1, false) }))
    }
    try await story.step("three wrong codes", detail: told) { try played(MoveStory(plan { $0.wrongCodes = 3 })) }
    let faults = MoveStory.faults(in: calm.outcome)
    let bar = ProgressBar(name: "crashes")
    try await story.step(
      "a crash at each write",
      detail: { (trials: Int) in "\(faults.count) moves with one crash, both cards tried \(trials) times: always one" }
    ) {
      var trials = 0
      for (index, fault) in faults.enumerated() {
        if index.isMultiple(of: 5) { bar.show(index, of: faults.count) }
        trials += try MoveStory(fault: fault).play().trials
      }
      return trials
    }
  }

  /// What becomes of a story.
  private typealias Played = (outcome: MoveStory.Outcome, steps: [String])

  private func played(_ story: MoveStory) throws -> Played { (try story.play(), story.steps) }

  private func plan(_ change: (inout MoveStory.Plan) -> Void) -> MoveStory.Plan {
    var plan = MoveStory.Plan()
    change(&plan)
    return plan
  }

  private func told(_ played: Played) -> String {
    let ending = played.outcome.ending.map { ": \($0)" } ?? ""
    return "\(played.outcome.state)\(ending); both cards tried \(played.outcome.trials) times: always one"
  }
}
