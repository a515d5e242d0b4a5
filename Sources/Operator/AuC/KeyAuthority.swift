import Bytes
import Identifiers

/// Whoever holds subscribers' keys for a network, ours or a foreign HLR, HSS or UDM: keys change there in two phases.
///
/// Each phase is repeated where its outcome is unknown, until it is known; so each does nothing the second time.
public protocol KeyAuthority: Sendable {
  /// Prepares other keys, or the first ones: nothing changes for the network yet.
  func prepare(_ subscriber: Subscriber, as change: ChangeID, now: Instant, random: any RandomSource) async throws
  /// Puts the prepared keys into use.
  func commit(_ change: ChangeID, of imsi: IMSI, now: Instant, random: any RandomSource) async throws
  /// Forgets prepared keys.
  func abandon(_ change: ChangeID, of imsi: IMSI, now: Instant, random: any RandomSource) async throws
}

extension Desk: KeyAuthority {}
