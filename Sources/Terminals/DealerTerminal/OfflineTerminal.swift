import APDU
import Bytes
import HandsetRegistration
import Identifiers
import SecureMessages
import Transport

/// What stands in an off-line dealer's terminal in the place of the line to the carrier (A5): the carrier's module with a
/// batch of IDs. The terminal itself holds no keys here either.
public final class OfflineTerminal: RegistrationLine {
  private let channel: TerminalChannel
  /// KE_B, as the module tells it.
  public let moduleKey: [UInt8]
  /// How many numbers the applicant did not want.
  private var refused: UInt8 = 0

  /// Why the module's answer is none.
  public enum Refusal: Error, Hashable, CustomStringConvertible {
    /// The module refused a command with a status word.
    case module(BatchCommand, StatusWord)
    /// No carrier's module answers.
    case noModule

    public var description: String {
      switch self {
      case .module(let command, let status): "the carrier's module refused \(command) with \(status)"
      case .noModule: "no carrier's module answers: have the terminal repaired"
      }
    }
  }

  /// A terminal with the carrier's module that `link` reaches.
  public init(module link: any CardLink) throws {
    channel = TerminalChannel(link)
    let answer = try channel.send(Command(cla: 0, ins: 0xA4, p1: 0x04, p2: 0, data: AID.batchModule.bytes))
    guard answer.status == .ok else { throw Refusal.noModule }
    moduleKey = answer.data
  }

  private func send(_ command: BatchCommand, p1: UInt8 = 0, p2: UInt8 = 0, _ data: [UInt8] = []) throws -> [UInt8] {
    let answer = try channel.send(command.command(p1: p1, p2: p2, data: data))
    guard answer.status == .ok else { throw Refusal.module(command, answer.status) }
    return answer.data
  }

  // MARK: The handset's side

  public func exchange(_ message: [UInt8]) throws -> [UInt8] {
    do {
      if (try? RegistrationStart(encoded: message)) != nil {
        refused = 0
        return try send(.offer)
      }
      if (try? OfflineRefusal(encoded: message)) != nil {
        refused = refused == .max ? refused : refused + 1
        return try send(.offer, p1: refused)
      }
      if (try? OfflineRequest(encoded: message)) != nil { return try send(.sign, message) }
      guard let delivery = try? ReceiptDelivery(encoded: message) else {
        return RegistrationRefused(.malformed).encoded
      }
      _ = try send(.receipt, delivery.receipt.encoded)
      return RegistrationCompleted().encoded
    } catch Refusal.module(let command, let status) {
      return RegistrationRefused(Self.refusal(command, status)).encoded
    }
  }

  private static func refusal(_ command: BatchCommand, _ status: StatusWord) -> RegistrationRefusal {
    switch (command, status) {
    case (.offer, .recordNotFound), (.offer, .conditionsOfUse): .noNumber
    case (.sign, .securityStatus): .unknownModule
    case (_, .securityStatus): .notAuthentic
    case (_, .wrongData): .malformed
    default: .outOfOrder
    }
  }

  // MARK: The carrier's side

  /// What the carrier's next supply has to answer.
  public func challenge() throws -> Challenge {
    guard let challenge = Challenge(try send(.challenge)) else { throw Refusal.noModule }
    return challenge
  }

  /// Takes in a batch as the carrier sealed it.
  public func load(_ supply: [UInt8]) throws { _ = try send(.load, supply) }

  /// The log in answer to the carrier's challenge; where the batch is recalled, the module signs no more of it.
  public func report(answering challenge: Challenge, recalls: Bool) throws -> [Signed<BatchEntry>] {
    var entries: [Signed<BatchEntry>] = []
    repeat {
      let answer = try send(.log, p1: UInt8(clamping: entries.count), p2: recalls ? 1 : 0, challenge.bytes)
      entries.append(try Signed<BatchEntry>(encoded: answer))
    } while entries.count < min(entries.last?.claimedBody.count ?? 0, BatchSupply.limit)
    return entries
  }
}
