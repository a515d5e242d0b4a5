import Identifiers

/// What speaks for a SIM swap by somebody else than the subscriber.
public struct RiskFacts: Sendable, Hashable {
  /// Whether the old device takes part.
  public var isOldAtHand: Bool
  /// Moves of this subscriber that ended well or are under way, within the time that ``RiskRules/memory`` says.
  public var recentMoves: Int
  /// Wrong codes that were given for this move.
  public var wrongCodes: Int
  /// Whether the address that codes are sent to was changed within that time.
  public var contactChanged: Bool

  /// All of them.
  public init(isOldAtHand: Bool, recentMoves: Int, wrongCodes: Int, contactChanged: Bool) {
    (self.isOldAtHand, self.recentMoves) = (isOldAtHand, recentMoves)
    (self.wrongCodes, self.contactChanged) = (wrongCodes, contactChanged)
  }
}

/// The operator's rule against SIM-swap fraud: how risk is counted, and what follows.
public struct RiskRules: Sendable, Hashable {
  /// From this score on a second person must approve, and the move rests before that.
  public var threshold = 50
  /// How long a move of such a risk rests after the subscriber was told, so that they may object.
  public var coolingOff: Duration = .seconds(4 * 3600)
  /// How far back moves and changes count.
  public var memory: Duration = .seconds(30 * 86_400)
  /// How long the persons have for their part.
  public var patience: Duration = .seconds(86_400)
  /// How many wrong codes end a move.
  public var codeTries = 3
  /// How long the old device has to disable its profile, or to delete it at the end, before that is left to its next
  /// contact.
  public var grace: Duration = .seconds(900)

  /// How often it is asked where a profile is.
  public var look: Duration = .seconds(20)

  /// Which alarms shut a subscriber out until a person has decided. None: a number that went back, or a profile that
  /// tells of itself elsewhere, may be somebody's mistake, and who is shut out cannot call.
  public var barring: Set<CloneAlarm.Kind> = []

  /// Which alarms have the subscriber's keys changed, without a person's decision: another profile for the eUICC where the
  /// profile belongs. None, as with ``barring``.
  public var renewing: Set<CloneAlarm.Kind> = []
  /// How long the subscriber has to install that profile; then it is taken back, and the alarm is a person's.
  public var renewalPatience: Duration = .seconds(7 * 86_400)

  /// The usual ones.
  public init() {}

  /// 0 to 100.
  public func score(_ facts: RiskFacts) -> Int {
    let score =
      (facts.isOldAtHand ? 0 : 40) + min(facts.recentMoves, 2) * 30 + min(facts.wrongCodes, 2) * 15
      + (facts.contactChanged ? 40 : 0)
    return min(score, 100)
  }
}
