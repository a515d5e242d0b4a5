import APDU
import Bytes
import CardTerminal
import Keys
import OfflineCard
import SecureChannel
import SecureMessages
import TestScheme
import Transport

/// A blank card programmed by somebody who has copied a card's certificate, without its key or with it: it can agree on a
/// link, and answers inside it what he likes.
final class Clone: CardLink {
  private let certificate: Signed<CardCertificate>
  private let random = SeededRandomSource(seed: [66])
  private let key: PrivateKey
  private let challenge: OpeningChallenge
  private var data: [UInt8] = []
  private var agreed: AgreedLink?
  /// What is answered to BEGIN SERVICE, inside the link.
  var begin: (BeginService) throws -> [UInt8] = { _ in [] }

  init(certificate: Signed<CardCertificate>, key: PrivateKey? = nil) throws {
    self.certificate = certificate
    self.key = key ?? PrivateKey(.p256, random: random)
    challenge = OpeningChallenge(x: Challenge(random: random), agreementKey: self.key.publicKey)
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
    case CardCommand.beginService.rawValue:
      guard let answer = try? beginService(command.data) else { return Response([], .technicalProblem) }
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
    defer { self.agreed = agreed }
    return try agreed.seal(
      CardHello(certificate: certificate, authentication: proof).encoded, header: CardCommand.openLink.header)
  }

  private func beginService(_ data: [UInt8]) throws -> [UInt8] {
    let header = CardCommand.beginService.header
    guard var agreed else { throw CardProblem.brokenOff(.conditionsOfUse) }
    defer { self.agreed = agreed }
    let request = try BeginService(encoded: agreed.open(data, header: header))
    return try agreed.seal(LinkAnswer(begin(request)).bytes, header: header)
  }
}
