import APDU
import Keys
import OfflineCard
import SecureElement
import TLV

/// B1: a card becomes somebody's.
extension PaymentCard {
  /// The public key for which the issuer makes the certificate; the private one never leaves the card. Until the card is
  /// issued, each call makes a new pair.
  func makeKey(_ data: [UInt8], in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    let contents = CardContents(exchange, vault)
    guard try contents.identity() == nil else { throw StatusWordError(.conditionsOfUse) }
    let key = PrivateKey(.p256, random: exchange.random)
    try contents.writeNewKey(key)
    return key.publicKey.point
  }

  /// Takes what the issuer wrote, once and for all.
  ///
  /// Paragraph 0010: "at this recording, SA2(Ns) can be verified with the public key nA, to judge whether the setting
  /// number is right".
  func takeIssue(_ data: [UInt8], in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    let contents = CardContents(exchange, vault)
    guard try contents.identity() == nil, let key = try contents.newKey() else {
      throw StatusWordError(.conditionsOfUse)
    }
    guard let issue = try? CardIssue(encoded: data), let term = issue.certificate.claimedTerm,
      let certificate = try? issue.certificate.verified(in: issue.scheme, at: term.notBefore),
      certificate.key == key.publicKey,
      certificate.settingNumberSignature.claimedBody.covers(issue.settingNumber, salt: issue.salt)
    else { throw StatusWordError(.wrongData) }
    try contents.write(issue, key: key)
    contents.timeSeen = term.notBefore
    return []
  }
}
