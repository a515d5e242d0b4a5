import Identifiers
import Store
import Transport

/// The charging centre's HTTPS interface: a message of the scheme in the body, one in the answer.
///
/// | Path | Request | Answer |
/// |---|---|---|
/// | /payment/upload | `UploadRequest` | `CentreAnswer` with `UploadReceipt` |
/// | /payment/news | `NewsRequest` | `CentreAnswer` with `News` |
///
/// 400: no message of the scheme; 403: not signed by a terminal of the scheme; 409: another batch is due; 503: again later.
public struct Route: Sendable {
  /// The longest body that is read, in bytes: a whole batch of records.
  public static let bodyLimit = 1 << 20
  public static let uploadPath = "/payment/upload"
  public static let newsPath = "/payment/news"
  /// The content type of every body that is a message of the scheme.
  public static let contentType = "application/octet-stream"

  private let desk: Desk
  private let now: @Sendable () -> Instant

  /// The interface of `desk`.
  public init(_ desk: Desk, now: @escaping @Sendable () -> Instant) { (self.desk, self.now) = (desk, now) }

  /// The answer to whatever comes; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply {
    if let reply = Self.unreadable(message) { return reply }
    do {
      return message.path == Self.uploadPath
        ? Self.reply(200, try await desk.upload(message.body, now: now())) : try news(message)
    } catch { return Self.refusal(error) }
  }

  /// The same on the caller's thread.
  public func answer(to message: Message) -> Reply {
    if let reply = Self.unreadable(message) { return reply }
    do {
      return message.path == Self.uploadPath
        ? Self.reply(200, try desk.upload(message.body, now: now())) : try news(message)
    } catch { return Self.refusal(error) }
  }

  private func news(_ message: Message) throws -> Reply { Self.reply(200, try desk.news(message.body, now: now())) }

  private static func unreadable(_ message: Message) -> Reply? {
    message.unreadable(paths: [uploadPath, newsPath], bodyLimit: bodyLimit)
  }

  private static func refusal(_ error: any Error) -> Reply {
    guard let refusal = error as? ChargingRefusal else { return Reply(status: 503) }
    let status =
      switch refusal {
      case .malformed: 400
      case .notAuthentic, .foreignBlackList: 403
      case .batchReused, .batchExpected: 409
      }
    var reply = Reply(status: status, body: Array("\(refusal)\n".utf8))
    reply.headers["Content-Type"] = "text/plain"
    return reply
  }

  private static func reply(_ status: Int, _ body: [UInt8]) -> Reply {
    var reply = Reply(status: status, body: body)
    reply.headers["Content-Type"] = contentType
    return reply
  }
}
