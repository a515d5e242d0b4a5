import ArgumentParser
import DeviceChange
import Foundation
import OrderDesk
import Store

/// A fault of the back office on demand: the process dies at a step, as by SIGKILL, before it is done, or when it is done
/// and nobody has noted it.
struct OperatorFault: ExpressibleByArgument, Hashable {
  private let moment: StepMoment
  private let step: String

  init?(argument: String) {
    let parts = argument.split(separator: ":").map(String.init)
    let moments = ["kill-before": StepMoment.before, "kill-after": .after]
    guard parts.count == 2, let moment = moments[parts[0]], Self.steps.contains(parts[1]) else { return nil }
    (self.moment, step) = (moment, parts[1])
  }

  /// The steps of orders, of changes of subscriptions and of moves; with "-undo" what takes one back.
  private static let steps: Set<String> = {
    let names =
      OrderSteps.plan.steps.map(\.name) + SubscriptionSteps.plan.steps.map(\.name) + MoveSteps.plan.steps.map(\.name)
    return Set(names + names.map { "\($0)-undo" })
  }()

  static var allValueStrings: [String] { ["kill-before:STEP", "kill-after:STEP"] }

  /// Ends the process where the fault is due.
  func strike(_ step: String, _ moment: StepMoment) {
    if step == self.step, moment == self.moment { kill(getpid(), SIGKILL) }
  }
}
