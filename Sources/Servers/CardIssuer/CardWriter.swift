import APDU
import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Transport

/// The card issuing machine: writes a new card that is in its reader.
///
/// The machine stands in the issuer's house: what it writes, Ns among it, goes over the line in clear.
public struct CardWriter {
  private let channel: TerminalChannel

  /// A machine with a card at the end of `link`, whose payment application it selects.
  public init(_ link: any CardLink) throws {
    channel = TerminalChannel(link)
    let answer = try channel.send(Command(cla: 0x00, ins: 0xA4, p1: 0x04, p2: 0x00, data: AID.paymentCard.bytes))
    guard answer.status.isSuccess else {
      throw CardWriterError("there is no payment application on the card (status word \(answer.status))")
    }
  }

  /// Lets the card make its key; returns the public one.
  public func makeKey() throws -> PublicKey { try PublicKey(.p256, point: send(.makeKey)) }

  /// Writes what the issuer made for that key; the card checks SA2 and everything else.
  public func write(_ issue: CardIssue) throws { _ = try send(.takeIssue, issue.encoded) }

  private func send(_ command: CardCommand, _ data: [UInt8] = []) throws -> [UInt8] {
    let answer = try channel.send(
      Command(cla: CardCommand.cla, ins: command.rawValue, p1: 0, p2: 0, data: data, le: data.isEmpty ? 256 : nil))
    switch answer.status {
    case let status where status.isSuccess: return answer.data
    case .conditionsOfUse: throw CardWriterError("the card was issued before: take a new one")
    case .wrongData: throw CardWriterError("the card finds the issuer's signatures wrong, or meant for another card")
    default: throw CardWriterError("the card refuses (status word \(answer.status))")
    }
  }
}

/// Why a card is not written, in a sentence.
public struct CardWriterError: Error, Hashable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
