import CustomerManagement
import Foundation
import HandsetRegistration
import JSON
import Transport
import TransportHTTP
import World

/// A credit company reached over HTTPS. It alone is told a credit card's number.
///
/// ```
/// → { "card": "4111111111111111" }
/// ← { "answer": "approved" | "refused" | "unknown", "limit"?, "reason"? }
/// ```
struct CreditCompanyLine: CreditCompany {
  let host: String
  let path: String
  let link: HTTPSClient

  func answer(about card: CreditCardNumber) -> CreditAnswer {
    var body = JSONObject()
    body.set("card", String(decoding: card.digits.bytes, as: UTF8.self))
    let message = Message(
      host: host, path: path, headers: ["Content-Type": "application/json"], body: body.encoded)
    do { return CreditService<HTTPSClient>.read(try link.exchange(message)) } catch {
      return .noAnswer(error.sentence)
    }
  }
}
