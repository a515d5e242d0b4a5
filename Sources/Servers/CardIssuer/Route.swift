import Identifiers
import Store
import Transport

/// The issuer's HTTPS interface for terminals that are installed: an `InstallationRequest` in the body of a POST, an
/// `InstallationAnswer` in the answer's.
///
/// 400: no such message; 403: no code for it; 409: the code was used; 503: again later.
public struct Route: Sendable {
  /// The longest body that is read, in bytes.
  public static let bodyLimit = 4096
  public static let installationPath = "/payment/installation"

  private let desk: Desk
  private let now: @Sendable () -> Instant

  /// The interface of `desk`.
  public init(_ desk: Desk, now: @escaping @Sendable () -> Instant) { (self.desk, self.now) = (desk, now) }

  /// The answer to whatever comes.
  public func respond(to message: Message) -> Reply {
    if let reply = message.unreadable(paths: [Self.installationPath], bodyLimit: Self.bodyLimit) { return reply }
    do {
      return Reply(
        headers: ["Content-Type": "application/octet-stream"], body: try desk.install(message.body, now: now()))
    } catch let refusal as InstallationRefusal {
      let status =
        switch refusal {
        case .malformed: 400
        case .notInvited: 403
        case .usedBefore: 409
        }
      return Reply(status: status, headers: ["Content-Type": "text/plain"], body: Array("\(refusal)\n".utf8))
    } catch { return Reply(status: 503) }
  }
}
