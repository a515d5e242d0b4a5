import MutualAgreement
import SecureMessages
import TLV
import Transport

/// The network between the parties of the data storing system, in one process: it may lose messages and answers, and
/// keeps what went over it.
///
/// `@unchecked Sendable`: a world runs on one thread; parties ask for it.
public final class AgreementNet: @unchecked Sendable {
  /// What becomes of a message.
  public enum Fate: Hashable, Sendable {
    case arrives
    /// It never comes.
    case lost
    /// It comes, and the answer does not.
    case answerLost
  }

  /// A message that was sent, and its answer.
  public struct Passage: Sendable {
    public let sender: Party
    public let receiver: Party
    public let message: [UInt8]
    public let answer: [UInt8]?
  }

  private var responders: [Party: ([UInt8]) -> [UInt8]] = [:]
  private var fuses: [Party: Fuse] = [:]
  /// What becomes of the message of this number, from 1.
  public var fate: (_ number: Int, _ sender: Party, _ receiver: Party) -> Fate = { _, _, _ in .arrives }
  /// Everything that was sent.
  public private(set) var passages: [Passage] = []
  /// Messages and answers in the order of their sending.
  private var sent: [(from: Party, to: Party, message: [UInt8])] = []
  private var count = 0

  /// What was sent, a line a message: "provider → issuer  C.SAR".
  public var transcript: String {
    func role(_ party: Party) -> Substring { party.name.prefix { $0 != ":" } }
    func name(_ message: [UInt8]) -> String {
      switch MessageKind.of(message) {
      case .signed(let type): type
      case .sealed(let type): "sealed \(type)"
      case .plain(ErrandStep.tag): "commands for the card"
      case .plain(ErrandRound.tag): "the card's answers"
      case .plain(ErrandDone.tag): "done"
      case .plain(Taken.tag): "taken"
      case .plain(Refused.tag): (try? Refused(encoded: message)).map { "refused: \($0.reason)" } ?? "refused"
      default: "?"
      }
    }
    return sent.map { "\(role($0.from)) → \(role($0.to))  \(name($0.message))\n" }.joined()
  }

  /// Forgets what was sent.
  public func clear() { (passages, sent, count) = ([], [], 0) }

  func place(_ party: Party, fuse: Fuse? = nil, _ respond: @escaping ([UInt8]) -> [UInt8]) {
    (responders[party], fuses[party]) = (respond, fuse)
  }

  /// The network as `party` reaches it.
  public func peers(of party: Party) -> any Peers { Access(net: self, sender: party) }

  private struct Access: Peers {
    let net: AgreementNet
    let sender: Party

    func send(_ message: [UInt8], to peer: Party) throws -> [UInt8] {
      try net.carry(message, from: sender, to: peer)
    }
  }

  private func carry(_ message: [UInt8], from sender: Party, to receiver: Party) throws -> [UInt8] {
    count += 1
    let fate = fate(count, sender, receiver)
    func note(_ answer: [UInt8]?) {
      passages.append(Passage(sender: sender, receiver: receiver, message: message, answer: answer))
    }
    let unreachable = LinkError(.unreachable, "\(receiver) does not answer")
    guard fate != .lost, let responder = responders[receiver], fuses[receiver]?.isBlown != true,
      fuses[sender]?.isBlown != true
    else {
      note(nil)
      throw unreachable
    }
    sent.append((sender, receiver, message))
    let answer = responder(message)
    // Who crashed while deciding has told nobody.
    guard fate != .answerLost, fuses[receiver]?.isBlown != true else {
      note(nil)
      throw LinkError(.broken, "\(receiver)'s answer is lost")
    }
    sent.append((receiver, sender, answer))
    note(answer)
    return answer
  }
}
