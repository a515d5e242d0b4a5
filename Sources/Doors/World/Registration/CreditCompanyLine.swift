import CustomerManagement
import HandsetRegistration
import JSON
import Transport

/// A credit company reached over HTTPS. It alone is told a credit card's number.
///
/// ```
/// → { "card": "4111111111111111" }
/// ← { "answer": "approved" | "refused" | "unknown", "limit"?, "reason"? }
/// ```
public struct CreditCompanyLine<Link: ServerLink & Sendable>: CreditCompany {
  private let host: String
  private let path: String
  private let link: Link

  /// The company at `host` (a name, with a port where it is not 443).
  public init(host: String, path: String, over link: Link) { (self.host, self.path, self.link) = (host, path, link) }

  public func answer(about card: CreditCardNumber) -> CreditAnswer {
    var body = JSONObject()
    body.set("card", String(decoding: card.digits.bytes, as: UTF8.self))
    return CreditService.ask(body, host: host, path: path, over: link)
  }
}
