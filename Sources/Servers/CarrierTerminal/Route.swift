import Bytes
import HandsetRegistration
import Identifiers
import Transport

/// HTTP in front of the carrier's terminal: one path; bodies are messages of ``HandsetRegistration`` in DER.
public struct Route: Sendable {
  let desk: Desk

  /// The longest message: an ID's with its certificates and services.
  public static let bodyLimit = 16 * 1024

  /// The route to `desk`.
  public init(_ desk: Desk) { self.desk = desk }

  /// The answer to a request.
  public func respond(to message: Message, now: Instant, random: any RandomSource) -> Reply {
    guard message.path == RegistrationPath.path else { return Reply(status: 404) }
    guard message.method == "POST", message.body.count <= Self.bodyLimit,
      let dealer = message.headers[RegistrationPath.dealerHeader], dealer.utf8.count <= 64
    else { return Reply(status: 400) }
    let answer = desk.respond(to: message.body, dealer: dealer, now: now, random: random)
    return Reply(headers: ["Content-Type": RegistrationPath.contentType], body: answer)
  }
}
