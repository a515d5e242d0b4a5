import APDU
import Identifiers
import Keys
import OfflineCard
import SecureChannel
import SecureMessages
import TLV
import Transport

/// The terminal's end of the line to the card that was inserted. Opening it authenticates both sides; everything after
/// it travels inside the link (B7).
public final class CardDialogue {
  let channel: TerminalChannel
  let identity: TerminalIdentity
  var agreed: AgreedLink
  /// R, the terminal's number for this link.
  package let r: Challenge
  /// X, the card's.
  package let x: Challenge
  /// SA1, SA2 and SA(IDU): verified.
  public let certificate: Signed<CardCertificate>
  /// The card, as its certificate has it.
  public var card: CardCertificate { certificate.claimedBody }

  init(
    _ channel: TerminalChannel, _ identity: TerminalIdentity, agreed: AgreedLink, r: Challenge, x: Challenge,
    certificate: Signed<CardCertificate>
  ) {
    (self.channel, self.identity, self.agreed) = (channel, identity, agreed)
    (self.r, self.x, self.certificate) = (r, x, certificate)
  }

  /// Sends a command inside the link; the answer's data, or the problem that its status word is.
  @discardableResult
  package func send(_ command: CardCommand, _ data: [UInt8] = []) throws(CardProblem) -> [UInt8] {
    let sealed: [UInt8]
    do { sealed = try agreed.seal(data, header: command.header) } catch { throw .notAuthentic("the link is over") }
    let response = try Self.respond(to: command, sealed, over: channel)
    // What is not sealed is nobody's word: only inside the link is a refusal the card's.
    guard response.status.isSuccess else { throw .brokenOff(response.status) }
    guard let opened = try? agreed.open(response.data, header: command.header), let answer = LinkAnswer(bytes: opened)
    else {
      throw .notAuthentic("its answer does not come from inside the link")
    }
    guard answer.status.isSuccess else { throw CardProblem(answer.status) }
    return answer.data
  }

  /// Sends a command as it is; the answer's data.
  static func transmit(
    _ command: CardCommand, _ data: [UInt8], over channel: TerminalChannel
  ) throws(CardProblem) -> [UInt8] {
    let response = try respond(to: command, data, over: channel)
    guard response.status.isSuccess else { throw CardProblem(response.status) }
    return response.data
  }

  private static func respond(
    to command: CardCommand, _ data: [UInt8], over channel: TerminalChannel
  ) throws(CardProblem) -> Response {
    do {
      return try channel.send(
        Command(cla: CardCommand.cla, ins: command.rawValue, p1: 0, p2: 0, data: data, le: data.isEmpty ? 256 : nil))
    } catch { throw .link(error) }
  }
}
