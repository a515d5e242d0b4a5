import Identifiers
import MutualAgreement
import Transport

/// HTTP in front of a party of the data storing system: one path, a message in the body and one in the answer.
public enum AgreementRoute {
  /// The reply to a request that `answer` answers.
  public static func respond(to message: Message, answer: ([UInt8]) -> [UInt8]) -> Reply {
    guard message.path == AgreementPath.path else { return Reply(status: 404) }
    guard message.method == "POST" else { return Reply(status: 405) }
    guard message.body.count <= AgreementPath.bodyLimit else { return Reply(status: 413) }
    return Reply(headers: ["Content-Type": AgreementPath.contentType], body: answer(message.body))
  }
}
