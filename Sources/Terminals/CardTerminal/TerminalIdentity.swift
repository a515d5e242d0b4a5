import Identifiers
import Keys
import OfflineCard
import SecureMessages

/// What makes a device a terminal of a scheme; loaded at manufacture, or from the centre when it is installed.
public struct TerminalIdentity: Sendable {
  /// With the issuer's master public key, nA.
  public let scheme: Scheme
  /// The issuer's word for the terminal's key.
  public let certificate: Signed<TerminalCertificate>
  /// The terminal with its key pair.
  public let holder: KeyHolder

  /// An identity; refused where the certificate is not the issuer's, or not for this key.
  public init(scheme: Scheme, certificate: Signed<TerminalCertificate>, key: PrivateKey) throws {
    guard let term = certificate.claimedTerm else { throw SecureMessageError.notValidNow }
    let body = try certificate.verified(from: scheme.issuer, at: term.notBefore)
    guard body.key == key.publicKey else {
      throw KeyError("the terminal's certificate is for another key than the one that is here")
    }
    (self.scheme, self.certificate) = (scheme, certificate)
    holder = KeyHolder(try body.terminal.party, key: key)
  }

  /// The same, unchecked: for attackers.
  package init(scheme: Scheme, certificate: Signed<TerminalCertificate>, key: PrivateKey, unchecked: Void) throws {
    (self.scheme, self.certificate) = (scheme, certificate)
    holder = KeyHolder(try certificate.claimedBody.terminal.party, key: key)
  }

  /// The terminal's number.
  public var number: TerminalNumber { certificate.claimedBody.terminal }
}
