import CircleOfTrust
import Identifiers

/// The eUICC's notion of time. It has no clock; it knows only that it is not earlier than
///  - the moment when it was made,
///  - the beginning of validity of every certificate that it has verified, and
///  - the issue of every revocation list that it has verified,
/// since a certificate issuer whom it trusts signed these moments when they had come. A certificate that ended before
/// the latest of them is expired for certain; one that begins later than it moves the knowledge on, once its whole chain
/// and the signature made with it are found good. Nothing that anybody else says about time counts.
enum TimeSeen {
  /// The time at which `chain` is to be judged, given what was `known` before.
  static func time(of chain: [Certificate], known: Instant) -> Instant {
    chain.reduce(known) { max($0, $1.validity.notBefore) }
  }
}
