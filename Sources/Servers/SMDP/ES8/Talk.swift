import Bytes
import Keys
import ProfileFactory
import SGP02
import Synchronization

/// What an SM-DP and an ISD-P are just saying to each other. Like the card's end it is kept in RAM alone: after a crash they
/// begin again, under new challenges and keys of the session.
struct Talk: Sendable {
  enum Phase: Sendable {
    case begun
    /// The key set is asked for with the one-time key.
    case asked(KeySetEstablishment, PrivateKey)
    case delivering(ISDPDelivery, next: [UInt8])
  }

  /// Tells this talk's calls from those of one before.
  let name: String
  var phase = Phase.begun
  /// How many answers came.
  var answers = 0

  init(random: any RandomSource) { name = random.bytes(8).hex }
}

/// The talks of one SM-DP, by the download that they are for.
final class Talks: Sendable {
  private let talks = Mutex<[String: Talk]>([:])

  /// The talk for `subject`, a new one where there is none.
  func talk(for subject: String, random: any RandomSource) -> Talk {
    talks.withLock { $0[subject] } ?? Talk(random: random)
  }

  /// Keeps `talk`; nil ends it.
  func keep(_ talk: Talk?, for subject: String) { talks.withLock { $0[subject] = talk } }
}
