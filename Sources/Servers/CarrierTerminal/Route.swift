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

  /// The answer to a request. Who asks is told by the certificate that was shown in TLS.
  public func respond(to message: Message, now: Instant, random: any RandomSource) -> Reply {
    if let reply = message.unreadable(paths: [RegistrationPath.path], bodyLimit: Self.bodyLimit) { return reply }
    guard let certificate = message.peerCertificate else { return Reply(status: 403) }
    let answer: [UInt8]
    do {
      guard let dealer = try desk.dealer(showing: certificate) else { throw RegistrationRefusal.unknownDealer }
      answer = desk.respond(to: message.body, dealer: dealer.number, now: now, random: random)
    } catch { answer = RegistrationRefused(error as? RegistrationRefusal ?? .failed).encoded }
    return Reply(headers: ["Content-Type": RegistrationPath.contentType], body: answer)
  }
}
