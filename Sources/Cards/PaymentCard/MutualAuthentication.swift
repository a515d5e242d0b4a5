import APDU
import Bytes
import Keys
import OfflineCard
import SecureChannel
import SecureElement
import SecureMessages
import TLV

/// Figs 6 and 7, and the link of B7: the terminal proves itself before the card says who it is.
extension PaymentCard {
  /// X, new each time; whatever link there was is over.
  func getChallenge(_ data: [UInt8], in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    link = .none
    _ = try identity(in: CardContents(exchange, vault))
    let key = PrivateKey(.p256, random: exchange.random)
    let challenge = OpeningChallenge(x: Challenge(random: exchange.random), agreementKey: key.publicKey)
    link = .challenged(challenge, key)
    return challenge.encoded
  }

  /// Verifies the terminal, agrees on keys with it, and answers inside the link: who the card is, and SU(R‖X).
  func openLink(_ data: [UInt8], in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    guard case .challenged(let challenge, let key) = link else { throw StatusWordError(.conditionsOfUse) }
    // X serves once, whatever comes of it.
    link = .none
    let contents = CardContents(exchange, vault)
    let identity = try identity(in: contents)
    guard let hello = try? TerminalHello(encoded: data) else { throw StatusWordError(.wrongData) }
    let terminal = try verify(hello.certificate, identity.scheme, contents)
    guard let holder = try? terminal.holder, let inserted = try? Party.insertedCard,
      let said = try? hello.authentication.verified(from: holder, to: inserted, answering: challenge.x),
      said.cardAgreementKey == challenge.agreementKey
    else { throw StatusWordError(.securityStatus) }
    // Paragraph 0020, the card's own part: its term is over for certain, and will be whatever a calendar says later.
    guard let expiry = identity.certificate.claimedTerm?.notAfter, contents.timeSeen <= expiry else {
      try contents.commit()
      throw StatusWordError(.cardExpired)
    }

    let transcript = LinkAgreement.transcript(challenge.encoded, data)
    do {
      var agreed = AgreedLink(
        sharedSecret: try key.agree(with: said.terminalAgreementKey), transcript: transcript, end: .answerer)
      let authentication = try Signed(
        CardAuthentication(transcript), by: identity.holder, to: holder.party, answering: said.r)
      let answer = CardHello(certificate: identity.certificate, authentication: authentication)
      let sealed = try agreed.seal(answer.encoded, header: CardCommand.openLink.header)
      link = .open(OpenLink(agreed: agreed, terminal: terminal, r: said.r, x: challenge.x))
      return sealed
    } catch { throw StatusWordError(.technicalProblem) }
  }

  /// nT, if the issuer says so. The card has no clock: it knows that it is not earlier than anything the issuer signed,
  /// and learns from each statement that it verified.
  private func verify(
    _ certificate: Signed<TerminalCertificate>, _ scheme: Scheme, _ contents: CardContents
  ) throws(StatusWordError) -> TerminalCertificate {
    guard let begin = certificate.claimedTerm?.notBefore else { throw StatusWordError(.securityStatus) }
    let now = max(contents.timeSeen, begin)
    guard let terminal = try? certificate.verified(from: scheme.issuer, at: now) else {
      throw StatusWordError(.securityStatus)
    }
    if now > contents.timeSeen { contents.timeSeen = now }
    return terminal
  }
}
