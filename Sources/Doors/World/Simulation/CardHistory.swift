import EUICC
import Identifiers
import SecureElement

/// What a card ever was, to compare with what others believe of it.
final class CardHistory {
  private(set) var contents: CardContents?
  /// The writes and returns of power that the contents are of.
  private var version = (writes: -1, reads: -1)
  /// Profiles that were ever on the card, and those that were ever enabled.
  private(set) var installed: Set<ICCID> = []
  private(set) var enabled: Set<ICCID> = []
  /// Numbers of the notifications that ever waited.
  private(set) var notified: Set<Int> = []
  /// Those that their receiver took.
  var taken: Set<Int> = []

  /// Takes a look at the card.
  func look(at card: SimulatedCard) -> CardContents {
    // It is asked after every event, and most events leave the card alone.
    if let contents, version == (card.power.writes, card.power.reads) { return contents }
    version = (card.power.writes, card.power.reads)
    let now = card.contents
    contents = now
    installed.formUnion(now.profiles.map(\.iccid))
    enabled.formUnion(now.profiles.filter { $0.state == .enabled }.map(\.iccid))
    notified.formUnion(now.notifications.map(\.seqNumber))
    return now
  }
}
