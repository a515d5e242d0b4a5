import Identifiers
import OfflineCard
import SecureMessages
import Synchronization

/// Certificates of cards whose two signatures were verified, byte for byte: a card's comes with every upload that has
/// records of it. Whether one holds at a time is asked every time.
final class VerifiedCards: Sendable {
  /// The most that are remembered: some 10 MB.
  private static let limit = 20_000

  private let scheme: Scheme
  private let known = Mutex<Set<[UInt8]>>([])

  init(_ scheme: Scheme) { self.scheme = scheme }

  /// The card, if the issuer says so and the certificate holds at `time`.
  func verified(_ certificate: Signed<CardCertificate>, at time: Instant) throws(SecureMessageError) -> CardCertificate
  {
    let encoded = certificate.encoded
    if known.withLock({ $0.contains(encoded) }) {
      let card = certificate.claimedBody
      guard certificate.claimedTerm?.includes(time) == true,
        card.settingNumberSignature.claimedTerm?.includes(time) == true
      else { throw .notValidNow }
      return card
    }
    let card = try certificate.verified(in: scheme, at: time)
    known.withLock { known in
      // Everything at once: what is still used comes back by itself.
      if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
      known.insert(encoded)
    }
    return card
  }
}
