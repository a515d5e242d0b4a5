import Bytes
import Identifiers
import OfflineCard
import SecureMessages
import Transport

/// A terminal into which a person puts a card: Figs 4 and 5 from the first screen to the last.
public final class Terminal {
  let identity: TerminalIdentity
  let memory: TerminalMemory
  let limits: RiskLimits
  let clock: () -> Instant
  let random: any RandomSource

  /// How often a person may dial a wrong number: "for example three times" (paragraphs 0011, 0012 and 0014).
  static let mostTries = 3

  /// A terminal; `clock` is its own clock, before the calendar sets it right.
  public init(
    _ identity: TerminalIdentity, memory: TerminalMemory, limits: RiskLimits, clock: @escaping () -> Instant,
    random: any RandomSource
  ) {
    (self.identity, self.memory, self.limits) = (identity, memory, limits)
    (self.clock, self.random) = (clock, random)
  }

  /// How a visit ended.
  public enum Outcome: Equatable, Sendable {
    /// A service was used; its last record, and whether the card signed its end.
    case served(UsageRecord)
    case pinRegistered
    /// The card was given back, and why.
    case returned(Reason)
  }

  /// Why a card is given back.
  public enum Reason: Error, Hashable, Sendable, CustomStringConvertible {
    case outOfService(OutOfService)
    case card(CardProblem)
    /// Barred by the issuer.
    case barred
    /// A number was wrong too often.
    case tooManyTries
    /// The person left.
    case left

    public var description: String {
      switch self {
      case .outOfService(let reason): "This terminal is out of service: \(reason)."
      case .card(let problem): "\(problem)."
      case .barred: "The card is barred."
      case .tooManyTries: "The number was wrong too often."
      case .left: "Goodbye."
      }
    }
  }

  /// A person puts in the card at the end of `link` and uses `service`, or registers a PIN.
  public func visit(_ link: any CardLink, by person: any Person, for service: any ServiceProvider) throws -> Outcome {
    do {
      // Noted whatever comes of the visit: a clock that has shown a card as expired is not turned back unnoticed.
      try memory.note(clock: clock())
      let (time, limit) = try memory.admit(clock: clock(), limits: limits)
      // What may have expired, by a calendar that drifts, has expired.
      let latest = try time + memory.calendar().uncertainty(clock: clock())
      let dialogue = try CardDialogue.open(link, as: identity, at: latest, random: random)
      // Paragraph 0019: "compares the card number IDU with the black list".
      guard try !memory.isBarred(dialogue.card.card) else { throw Reason.barred }
      try clear(dialogue)
      return try attend(dialogue, person, service, limit)
    } catch {
      guard let reason = Self.reason(error) else { throw error }
      person.see(.cardReturned("\(reason)"))
      return .returned(reason)
    }
  }

  private static func reason(_ error: any Error) -> Reason? {
    switch error {
    case let reason as Reason: reason
    case let problem as CardProblem: .card(problem)
    case let reason as OutOfService: .outOfService(reason)
    default: nil
    }
  }

  /// Brings the card the centre's word, if one waits here. What the card keeps all the same, the centre does not have.
  private func clear(_ dialogue: CardDialogue) throws {
    guard let clearance = try memory.clearance(for: dialogue.card.card) else { return }
    // A card that refuses is none the worse for it; the word stays until the card took it, or a newer one came.
    do { try dialogue.clear(clearance) } catch .refused { return }
    try memory.removeClearance(for: dialogue.card.card)
    try report(dialogue)
  }

  /// A card at its limit, or one that was cleared and has kept records, has some that nobody has reported yet, perhaps
  /// somebody else's: they go out with the next upload, whose receipt clears the card.
  private func report(_ dialogue: CardDialogue) throws {
    for record in try dialogue.records() {
      try memory.keep(record, of: dialogue.certificate, clock: clock())
    }
  }

  /// "While this screen is displayed, a PIN can be entered, and its registration by the button is valid."
  private func attend(
    _ dialogue: CardDialogue, _ person: any Person, _ service: any ServiceProvider, _ limit: Amount
  ) throws -> Outcome {
    for _ in 0..<Self.mostTries {
      switch person.answer(.enterPIN) {
      case .leave: throw Reason.left
      case .register: return try register(dialogue, person)
      case .digits(let digits):
        guard let pin = try? PIN(digits) else {
          person.see(.notANumber(wanted: "a PIN has 4 to 8 digits"))
          continue
        }
        do {
          return try serve(dialogue, pin: pin, person, service, limit)
        } catch CardProblem.mismatch(let left) {
          person.see(.wrongNumber(triesLeft: left))
        } catch CardProblem.limitReached {
          try report(dialogue)
          throw Reason.card(.limitReached)
        }
      }
    }
    throw Reason.tooManyTries
  }
}
