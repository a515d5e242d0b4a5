import APDU
import OfflineCard
import Transport

/// Why a terminal and a card do not get on.
public enum CardProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The card was pulled, or the reader failed.
  case link(LinkError)
  /// The link broke off: this status word came from outside it, from the card or from whoever is on the line.
  case brokenOff(StatusWord)
  /// The card refuses with this status word.
  case refused(StatusWord)
  /// The card, or what it says, is not what the issuer certified; the text says what.
  case notAuthentic(String)
  /// The card's term is over, by the terminal's calendar.
  case expired
  /// The user's number is wrong; so many tries are left on the card.
  case mismatch(triesLeft: Int)
  /// No try is left.
  case blocked
  /// The card is unusable for good.
  case unusable
  /// The card is for another currency than the terminal's.
  case otherCurrency(Currency)
  /// The card must be cleared by the charging centre before it serves again.
  case limitReached

  init(_ status: StatusWord) {
    switch status {
    case .blocked: self = .blocked
    case .cardUnusable: self = .unusable
    case .cardExpired: self = .expired
    case .limitReached: self = .limitReached
    default:
      self =
        status.rawValue & 0xFFF0 == 0x63C0
        ? .mismatch(triesLeft: Int(status.rawValue & 0x0F)) : .refused(status)
    }
  }

  public var description: String {
    switch self {
    case .link(let error): error.sentence
    case .brokenOff(let status):
      "the link to the card broke off (status word \(status)); put the card in again"
    case .refused(let status): "the card refuses (status word \(status))"
    case .notAuthentic(let what): "the card is not authentic: \(what)"
    case .expired: "the card has expired"
    case .mismatch(let left): "the number is wrong; \(left) tries are left"
    case .blocked: "the number was wrong too often; it is blocked"
    case .unusable: "the card is unusable for good; the issuer makes a new one"
    case .otherCurrency(let currency): "the card is for \(currency), and this terminal is not"
    case .limitReached: "the card's off-line limit is reached; it serves again after the charging centre cleared it"
    }
  }
}
