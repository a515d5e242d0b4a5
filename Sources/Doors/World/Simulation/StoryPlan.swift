import Bytes
import LPA
import SGP22
import Transport

extension DownloadStory {
  /// What the parties are about, where it is not the usual.
  public struct Plan {
    /// The operator confirms the order first and releases the profile afterwards.
    public var isReleasedLater = false
    /// What the operator wants the person to enter.
    public var confirmationCode: String?
    /// The device finds the profile by its SM-DS; nobody gets an activation code.
    public var isDiscovered = false
    /// What the person decides, one after the other; then they consent.
    public var decisions: [LPA.Decision] = []
    /// A function, by its path, of which the first calls do not reach the SM-DP+.
    public var unheard: (path: String, calls: Int)?

    /// The usual.
    public init() {}

    /// The confirmation code.
    var code: Secret? { confirmationCode.map { Secret(Array($0.utf8)) } }
  }

  /// A story in calm weather that goes by `plan`, in which only `fault` happens.
  public convenience init(_ plan: Plan, fault: Fault? = nil) throws {
    try self.init(fault: fault)
    self.plan = plan
    if plan.isDiscovered { smds = try SimulatedSMDS(SimulatedCircle.shared.get(), in: simulation) }
    var decisions = plan.decisions[...]
    handset.decide = { question in
      if let decision = decisions.popFirst() { return decision }
      return .accept(confirmationCode: question.confirmationCodeRequired ? plan.code : nil)
    }
    var unheard = plan.unheard?.calls ?? 0
    server.hears = { message in
      guard message.path == plan.unheard?.path, unheard > 0 else { return true }
      unheard -= 1
      return false
    }
  }

  /// After the story the person wants something else of the card; the notifications follow.
  public func goOn(_ wish: SimulatedHandset.Wish) throws {
    try simulation.explaining {
      try handset.want(wish)
      try simulation.timeline.run(for: .seconds(3600))
      try simulation.require("the device has nothing left to do", handset.isIdle)
    }
  }
}
