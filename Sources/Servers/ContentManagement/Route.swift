import Identifiers
import MutualAgreement
import Transport

/// HTTP in front of a party of the data storing system: one path, a message in the body and one in the answer.
public enum AgreementRoute {
  /// The reply to a request that `answer` answers.
  public static func respond(to message: Message, answer: ([UInt8]) -> [UInt8]) -> Reply {
    message.unreadable(paths: [AgreementPath.path], bodyLimit: AgreementPath.bodyLimit)
      ?? Reply(headers: ["Content-Type": AgreementPath.contentType], body: answer(message.body))
  }
}
