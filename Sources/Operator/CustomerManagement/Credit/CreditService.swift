import JSON
import Transport

/// A credit service reached over HTTPS.
///
/// ```
/// → { "reference", "name", "address"?, "birthDate"?, "amount" }            -- amount in cents
/// ← { "answer": "approved" | "refused" | "unknown", "limit"?, "reason"? }
/// ```
///
/// The answer is application/json. How long it may take and how much it may say are limits of the link; nothing it says is followed elsewhere.
public struct CreditService<Link: ServerLink & Sendable>: CreditCheck {
  /// The longest answer, in bytes: the link that carries it should take no longer one either.
  public static var bodyLimit: Int { 16 << 10 }

  public let name: String
  let path: String
  let link: Link

  /// The service at `host` (a name, with a port where it is not 443).
  public init(host: String, path: String, over link: Link) {
    (name, self.path, self.link) = (host, path, link)
  }

  public func answer(to inquiry: CreditInquiry) -> CreditAnswer {
    var body = JSONObject()
    body.set("reference", inquiry.reference)
    body.set("name", inquiry.particulars.name)
    if !inquiry.particulars.address.isEmpty { body.set("address", inquiry.particulars.address) }
    body.set("birthDate", inquiry.particulars.birthDate)
    body["amount"] = .number(String(inquiry.amount))
    return Self.ask(body, host: name, path: path, over: link)
  }

  /// What the service at `host` says to `body`; not to get an answer is one too.
  public static func ask(_ body: JSONObject, host: String, path: String, over link: Link) -> CreditAnswer {
    do throws(LinkError) {
      return read(
        try link.exchange(
          Message(host: host, path: path, headers: ["Content-Type": "application/json"], body: body.encoded)))
    } catch {
      switch error.kind {
      case .unreachable, .broken: return .noAnswer(error.sentence)
      case .untrusted, .malformed: return .unknown(error.sentence)
      }
    }
  }

  /// What a reply says; anything that is not clearly one of the three answers is "unknown".
  public static func read(_ reply: Reply) -> CreditAnswer {
    switch reply.status {
    case 200: break
    case 300...399: return .unknown("the service points elsewhere (HTTP status \(reply.status)); nobody follows")
    case 408, 429, 502...504: return .noAnswer("the service is busy (HTTP status \(reply.status))")
    default: return .unknown("the service answered with HTTP status \(reply.status)")
    }
    let type = reply.headers["Content-Type"]?.split(separator: ";").first?.lowercased() ?? "of no type"
    guard type == "application/json" else { return .unknown("the answer is \(type), not application/json") }
    guard reply.body.count <= bodyLimit else { return .unknown("the answer has \(reply.body.count) bytes") }
    do throws(JSONError) {
      let json = try JSONReader.object(reply.body)
      let reason = try json.textIfPresent("reason") ?? "no reason was given"
      switch try json.text("answer", atMost: 16) {
      case "approved":
        let limit = try json.integer("limit")
        guard (0...1_000_000_000).contains(limit) else { return .unknown("a limit of \(limit) makes no sense") }
        return .approved(limit: limit)
      case "refused": return .refused(String(reason.prefix(CreditAnswer.reasonLimit)))
      case "unknown": return .unknown(String(reason.prefix(CreditAnswer.reasonLimit)))
      default: return .unknown("the service said something that is no answer")
      }
    } catch { return .unknown("the answer cannot be read: \(error)") }
  }
}
