import Bytes
import Identifiers
import Keys

/// SHA-256 of an order's confirmation code (SGP.22 §5.6.2) as it is kept: wrapped, since a code of a few digits is soon
/// found from its hash.
public struct ConfirmationHash: Sendable, Hashable {
  let kept: [UInt8]

  init(kept: [UInt8]) { self.kept = kept }

  /// The hash of `code`, wrapped for the order of `iccid`; it opens nowhere else.
  public init(of code: Secret, for iccid: ICCID, in vault: KeyVault, random: any RandomSource) throws(KeyError) {
    kept = try vault.wrap(Secret(sha256(code.bytes)), context: Self.place(of: iccid), random: random)
  }

  /// The hash itself.
  func opened(for iccid: ICCID, in vault: KeyVault) throws(KeyError) -> Secret {
    try vault.unwrap(kept, context: Self.place(of: iccid))
  }

  /// Whether `code` is the one.
  package func isOf(_ code: Secret, for iccid: ICCID, in vault: KeyVault) throws(KeyError) -> Bool {
    equalInConstantTime(try opened(for: iccid, in: vault).bytes, sha256(code.bytes))
  }

  /// The same under the vault's current master key; nil where it is.
  func rewrapped(for iccid: ICCID, in vault: KeyVault, random: any RandomSource) throws(KeyError) -> ConfirmationHash? {
    // Once hashes were kept as they are.
    if kept.count == 32 {
      return ConfirmationHash(kept: try vault.wrap(Secret(kept), context: Self.place(of: iccid), random: random))
    }
    guard vault.isOutdated(kept) else { return nil }
    return ConfirmationHash(kept: try vault.rewrap(kept, context: Self.place(of: iccid), random: random))
  }

  private static func place(of iccid: ICCID) -> String { "profile_order/\(iccid)/confirmation" }
}
