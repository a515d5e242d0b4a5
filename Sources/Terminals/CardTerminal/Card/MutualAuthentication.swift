import APDU
import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureChannel
import SecureMessages
import TLV
import Transport

extension CardDialogue {
  /// The opening of Figs 4 to 7, with both sides authenticated and the terminal first: selects the application on the
  /// basic channel, answers X, and inside the link verifies SA1, SA2, SA(IDU), the expiry date by the calendar's `now`,
  /// and SU(R‖X).
  public static func open(
    _ link: any CardLink, as identity: TerminalIdentity, at now: Instant, random: any RandomSource
  ) throws(CardProblem) -> CardDialogue {
    let channel = TerminalChannel(link)
    let selected: Response
    do {
      selected = try channel.send(Command(cla: 0x00, ins: 0xA4, p1: 0x04, p2: 0x00, data: AID.paymentCard.bytes))
    } catch { throw .link(error) }
    guard selected.status.isSuccess else { throw .notAuthentic("it has no payment application") }

    let first = try transmit(.getChallenge, [], over: channel)
    guard let challenge = try? OpeningChallenge(encoded: first) else { throw .notAuthentic("its challenge is none") }
    let key = PrivateKey(.p256, random: random)
    let r = Challenge(random: random)
    let said = TerminalAuthentication(
      r: r, cardAgreementKey: challenge.agreementKey, terminalAgreementKey: key.publicKey)
    guard let inserted = try? Party.insertedCard,
      let authentication = try? Signed(said, by: identity.holder, to: inserted, answering: challenge.x),
      let secret = try? key.agree(with: challenge.agreementKey)
    else { throw .notAuthentic("its key serves for no agreement") }
    let hello = TerminalHello(certificate: identity.certificate, authentication: authentication).encoded

    let transcript = LinkAgreement.transcript(first, hello)
    var agreed = AgreedLink(sharedSecret: secret, transcript: transcript, end: .opener)
    let sealed = try transmit(.openLink, hello, over: channel)
    guard let opened = try? agreed.open(sealed, header: CardCommand.openLink.header),
      let answer = try? CardHello(encoded: opened)
    else { throw .notAuthentic("its answer does not come from inside the link") }
    try verify(answer, identity, transcript: transcript, r: r, at: now)
    return CardDialogue(channel, identity, agreed: agreed, r: r, x: challenge.x, certificate: answer.certificate)
  }

  private static func verify(
    _ answer: CardHello, _ identity: TerminalIdentity, transcript: [UInt8], r: Challenge, at now: Instant
  ) throws(CardProblem) {
    let card: CardCertificate
    do { card = try answer.certificate.verified(in: identity.scheme, at: now) } catch {
      // Paragraph 0020: an expiry date that has passed is told apart from a certificate that is none.
      if error == .notValidNow, let term = answer.certificate.claimedTerm,
        (try? answer.certificate.verified(in: identity.scheme, at: term.notBefore)) != nil
      {
        throw .expired
      }
      throw .notAuthentic("its certificate is not the issuer's (\(error))")
    }
    guard let party = try? card.card.party,
      let proof = try? answer.authentication.verified(
        from: KnownParty(party, key: card.key), to: identity.holder.party, answering: r),
      proof == CardAuthentication(transcript)
    else { throw .notAuthentic("it does not have the key of the card that it says it is") }
  }
}
