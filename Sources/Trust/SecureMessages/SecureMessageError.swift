import Keys
import TLV

/// Why a signed or sealed message is refused.
public enum SecureMessageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The message is of another type than the one whose turn it is.
  case wrongType
  /// Somebody else speaks.
  case wrongSender
  /// It is meant for somebody else.
  case wrongReceiver
  /// It answers another challenge, or none.
  case notFresh
  /// The statement is over, or has not begun, or has no term.
  case notValidNow
  /// The signature is not the sender's over these bytes.
  case wrongSignature
  /// What was sealed was changed, or is for another key or purpose.
  case cannotOpen
  /// What was sealed is not the message it should be.
  case malformed
  /// The sender's own key does not serve.
  case key(KeyError)

  public var description: String {
    switch self {
    case .wrongType: "the message is of another type"
    case .wrongSender: "the message is from somebody else"
    case .wrongReceiver: "the message is meant for somebody else"
    case .notFresh: "the message does not answer the challenge"
    case .notValidNow: "the statement does not hold now"
    case .wrongSignature: "the signature is wrong"
    case .cannotOpen: "the sealed message was changed, or is meant for another key or purpose"
    case .malformed: "what was sealed is not the message that was expected"
    case .key(let error): "\(error)"
    }
  }
}
