import HandsetRegistration
import Identifiers
import Keys
import SecureMessages

/// The parties whose word a device takes: every public key that it relies on is certified by one of them.
public struct Authorities: Sendable {
  /// The module makers, who certify modules.
  public var makers: [KnownParty]
  /// KE_COB: the consortium certifies carriers.
  public var consortiumKey: PublicKey

  /// The makers' and the consortium's keys, as the device's maker stores them.
  public init(makers: [KnownParty], consortiumKey: PublicKey) {
    (self.makers, self.consortiumKey) = (makers, consortiumKey)
  }

  /// Whether a maker made the module with this certificate.
  public func certify(_ certificate: Signed<ModuleCertificate>, by clock: DeviceClock) -> Bool {
    guard let term = certificate.claimedTerm else { return false }
    let time = clock.judging(from: term.notBefore)
    return makers.contains { (try? certificate.verified(from: $0, at: time)) != nil }
  }

  /// The carrier that the consortium certified; `told` is the time in the carrier's answer, where there is one.
  public func carrier(_ statement: Signed<CarrierKey>, by clock: DeviceClock, told: Instant? = nil) -> KnownParty? {
    guard let term = statement.claimedTerm else { return nil }
    let consortium = KnownParty(.consortium, key: consortiumKey)
    let time = clock.judging(from: term.notBefore, told: told)
    return (try? statement.verified(from: consortium, at: time))?.known
  }
}
