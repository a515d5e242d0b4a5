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

  /// The answer to whatever comes.
  public func respond(to message: Message) async -> Reply {
    guard message.method == "POST" else { return Reply(status: 405) }
    guard message.body.count <= Self.bodyLimit else { return Reply(status: 413) }
    do {
      switch message.path {
      case Self.uploadPath: return Self.reply(200, try await desk.upload(message.body, now: now()))
      case Self.newsPath: return Self.reply(200, try desk.news(message.body, now: now()))
      default: return Reply(status: 404)
      }
    } catch let refusal as ChargingRefusal {
      return Self.refusal(refusal)
    } catch { return Reply(status: 503) }
  }

  private static func refusal(_ refusal: ChargingRefusal) -> Reply {
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
