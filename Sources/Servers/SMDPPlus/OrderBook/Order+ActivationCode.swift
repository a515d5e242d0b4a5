import SGP22
import TLV

extension Order {
  /// The activation code by which a device fetches the profile from the server at `address`; nil while the order has
  /// no token.
  public func activationCode(address: String) -> ActivationCode? {
    guard let name = FQDN(address), let token = matchingId.flatMap({ MatchingId($0) }) else {
      return nil
    }
    return ActivationCode(
      smdpAddress: name, matchingId: token, confirmationCodeRequired: terms.confirmationHash != nil)
  }
}
