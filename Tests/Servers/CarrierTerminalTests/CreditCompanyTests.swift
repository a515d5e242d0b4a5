import CustomerManagement
import HandsetRegistration
import Synchronization
import Testing
import Transport
import World

@Suite("A1 (n): the line to the credit company") struct CreditCompanyTests {
  /// A link that answers everything alike, and keeps what it was sent.
  private final class FixedLink: ServerLink, Sendable {
    private let result: Result<Reply, LinkError>
    private let sent = Mutex<[Message]>([])
    var messages: [Message] { sent.withLock { $0 } }
    init(_ result: Result<Reply, LinkError>) { self.result = result }
    func exchange(_ message: Message) throws(LinkError) -> Reply {
      sent.withLock { $0.append(message) }
      return try result.get()
    }
  }

  private func answer(_ result: Result<Reply, LinkError>) throws -> (answer: CreditAnswer, sent: [Message]) {
    let link = FixedLink(result)
    let card = try #require(CreditCardNumber("4111 1111 1111 1111"))
    let company = CreditCompanyLine(host: "credit.example:8443", path: "/card", over: link)
    return (company.answer(about: card), link.messages)
  }

  private func reply(_ body: String, status: Int = 200, type: String = "application/json") -> Result<Reply, LinkError> {
    .success(Reply(status: status, headers: ["Content-Type": type], body: Array(body.utf8)))
  }

  @Test("it is sent the card's digits and nothing else, at its own address") func sent() throws {
    let (answer, sent) = try answer(reply(#"{"answer":"approved","limit":10000}"#))
    #expect(answer == .approved(limit: 10000))
    let message = try #require(sent.first)
    #expect(sent.count == 1 && message.host == "credit.example:8443" && message.path == "/card")
    #expect(message.method == "POST" && message.headers["Content-Type"] == "application/json")
    #expect(String(decoding: message.body, as: UTF8.self) == #"{"card":"4111111111111111"}"#)
  }

  @Test("yes and no are what the company says so; whatever else comes is \"unknown\", and silence is no answer")
  func answers() throws {
    #expect(try answer(reply(#"{"answer":"refused","reason":"barred"}"#)).answer == .refused("barred"))
    for body in [#"{"answer":"unknown"}"#, #"{"answer":"approved"}"#, "approved", "", "[]"] {
      guard case .unknown = try answer(reply(body)).answer else { return #expect(Bool(false), "\(body)") }
    }
    for (status, type) in [(200, "text/html"), (500, "application/json"), (302, "application/json")] {
      let said = try answer(reply(#"{"answer":"approved","limit":1}"#, status: status, type: type)).answer
      guard case .unknown = said else { return #expect(Bool(false), "\(status) \(type): \(said)") }
    }
    for kind in [LinkError.Kind.unreachable, .broken] {
      #expect(try answer(.failure(LinkError(kind, "silence"))).answer == .noAnswer("silence"))
    }
    // Who is not the company has said nothing that counts.
    #expect(try answer(.failure(LinkError(.untrusted, "not ours"))).answer == .unknown("not ours"))
  }
}
