import APDU
import Bytes
import Keys
import OfflineCard
import SecureChannel
import SecureMessages
import TestScheme
import Transport

/// A blank card programmed by somebody who has copied everything of a card but its key: it can agree on a link, and shows
/// the genuine certificate.
final class Clone: CardLink {
  private let certificate: Signed<CardCertificate>
  private let random = SeededRandomSource(seed: [66])
  private let key: PrivateKey
  private let challenge: OpeningChallenge
  private var data: [UInt8] = []

  init(certificate: Signed<CardCertificate>, of blank: TestCard) throws {
    self.certificate = certificate
    key = PrivateKey(.p256, random: random)
    challenge = OpeningChallenge(x: Challenge(random: random), agreementKey: key.publicKey)
  }

  func reset() -> [UInt8] { [] }

  func transmit(_ command: Command) -> Response {
    switch command.ins {
    case CardCommand.getChallenge.rawValue: return Response(challenge.encoded)
    case CardCommand.openLink.rawValue:
      data += command.data
      if command.isChained { return Response() }
      guard let answer = try? answer(data) else { return Response([], .technicalProblem) }
      return Response(answer)
    default: return Response()
    }
  }

  private func answer(_ data: [UInt8]) throws -> [UInt8] {
    let hello = try TerminalHello(encoded: data)
    let said = hello.authentication.claimedBody
    let transcript = LinkAgreement.transcript(challenge.encoded, data)
    var agreed = AgreedLink(
      sharedSecret: try key.agree(with: said.terminalAgreementKey), transcript: transcript, end: .answerer)
    let proof = try Signed(
      CardAuthentication(transcript), by: KeyHolder(certificate.claimedBody.card.party, key: key),
      to: hello.certificate.claimedBody.terminal.party, answering: said.r)
    return try agreed.seal(
      CardHello(certificate: certificate, authentication: proof).encoded, header: CardCommand.openLink.header)
  }
}
