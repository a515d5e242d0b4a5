import Bytes
import CircleFiles
import CircleOfTrust
import CustomerManagement
import Foundation
import Identifiers
import Keys
import TLV
import Testing
import Transport
import TransportHTTP

@Suite("Credit checks") struct CreditTests {
  private static let inquiry = CreditInquiry(
    reference: "subscriber-1", of: Fixture.made { try Subscriber.Particulars(name: "Ada", birthDate: "1980-01-31") },
    amount: 50_00)

  @Test(
    "The local rules approve little, refuse much, and want an address between",
    arguments: [
      (100_00, "", CreditAnswer.approved(limit: 100_00)), (100_01, "", .unknown("more than 10000 needs an address")),
      (100_01, "Street 1", .approved(limit: 100_01)),
      (1000_01, "Street 1", .refused("more than 100000 is given to nobody")),
    ])
  func local(amount: Int, address: String, answer: CreditAnswer) throws {
    let particulars = try Subscriber.Particulars(name: "Ada", address: address)
    #expect(LocalCreditRules().answer(to: CreditInquiry(reference: "r", of: particulars, amount: amount)) == answer)
  }

  @Test(
    "A service's three answers are read; whatever else it says is \"unknown\"",
    arguments: [
      (200, #"{"answer":"approved","limit":4200}"#, "approved up to 4200"),
      (200, #"{"answer":"refused","reason":"debts"}"#, "refused: debts"),
      (200, #"{"answer":"unknown"}"#, "unknown: no reason was given"),
      (200, #"{"answer":"approved"}"#, "unknown"), (200, #"{"answer":"approved","limit":-1}"#, "unknown"),
      (200, #"{"answer":"yes"}"#, "unknown"), (200, "approved", "unknown"), (200, "", "unknown"),
      (200, String(repeating: "[", count: 16_000), "unknown"), (404, "", "unknown"), (500, "", "unknown"),
      (302, "", "unknown: the service points elsewhere"), (503, "", "not answered"), (429, "", "not answered"),
    ])
  func answers(status: Int, body: String, expected: String) {
    let headers: Headers = ["Content-Type": "application/json;charset=UTF-8"]
    let link = FixedLink(.success(Reply(status: status, headers: headers, body: Array(body.utf8))))
    let answer = CreditService(host: "credit.example", path: "/check", over: link).answer(to: Self.inquiry)
    #expect("\(answer)".hasPrefix(expected), "\(answer)")
  }

  @Test(
    "An approval of another type than application/json is none", arguments: [nil, "text/html", "application/jsonp"])
  func contentType(type: String?) {
    let body = Array(#"{"answer":"approved","limit":4200}"#.utf8)
    let headers: Headers = type.map { ["Content-Type": $0] } ?? [:]
    let link = FixedLink(.success(Reply(status: 200, headers: headers, body: body)))
    let answer = CreditService(host: "credit.example", path: "/check", over: link).answer(to: Self.inquiry)
    #expect("\(answer)".hasPrefix("unknown: the answer is \(type ?? "of no type")"), "\(answer)")
  }

  @Test("Only an approval lets a subscription begin; whatever came before it is in the history") func gate() throws {
    let fixture = try Fixture()
    let replies: [(Result<Reply, LinkError>, String)] = [
      (.success(Self.reply(#"{"answer":"refused","reason":"debts"}"#)), "refused: debts"),
      (.success(Self.reply(#"{"answer":"unknown"}"#)), "unknown"),
      (.failure(LinkError(.unreachable, "away")), "not answered: away"),
      (.failure(LinkError(.untrusted, "not ours")), "unknown: not ours"),
    ]
    let id = try fixture.desk.add(Subscriber.Particulars(name: "Bob"), now: Fixture.now)
    for (reply, expected) in replies {
      let check = CreditService(host: "credit.example", path: "/check", over: FixedLink(reply))
      let answer = try fixture.desk.checkCredit(ofSubscriber: id, amount: 1, by: check, now: Fixture.now)
      #expect("\(answer)".hasPrefix(expected))
      #expect(throws: CustomerError.self) { try fixture.desk.subscribe(id, now: Fixture.now) }
    }
    let approval = FixedLink(.success(Self.reply(#"{"answer":"approved","limit":1}"#)))
    let check = CreditService(host: "credit.example", path: "/check", over: approval)
    _ = try fixture.desk.checkCredit(ofSubscriber: id, amount: 1, by: check, now: Fixture.now)
    _ = try fixture.desk.subscribe(id, now: Fixture.now)
    let asked = try fixture.desk.history(ofSubscriber: id).filter { $0.event.name == "CreditCheck" }
    #expect(asked.count == 5 && asked.allSatisfy { $0.event.peer == "credit.example" })
  }

  private static func reply(_ body: String) -> Reply {
    Reply(status: 200, headers: ["Content-Type": "application/json"], body: Array(body.utf8))
  }

  @Test("No answer is an answer of its own", arguments: [LinkError.Kind.unreachable, .broken])
  func noAnswer(kind: LinkError.Kind) {
    let link = FixedLink(.failure(LinkError(kind, "no")))
    let answer = CreditService(host: "credit.example", path: "/check", over: link).answer(to: Self.inquiry)
    #expect(answer == .noAnswer("no"))
  }

  @Test("A slow, a huge, a redirecting service and one that hangs up are cut off in bounded time, and nothing changes")
  func hostile() async throws {
    let service = try await HostileService.start()
    let fixture = try Fixture()
    let check = try service.check(timeout: .seconds(3))
    let stranger = try service.check(timeout: .seconds(3), trusting: PrivateCircle.root())
    for (path, expected) in [
      ("/honest", "approved"), ("/slow", "not answered"), ("/huge", "unknown"), ("/redirect", "unknown"),
      ("/hang-up", "not answered"),
    ] {
      let begin = ContinuousClock.now
      let answer = try await offThread {
        try fixture.desk.checkCredit(ofSubscriber: fixture.customer, amount: 1, by: check(path), now: Fixture.now)
      }
      #expect("\(answer)".hasPrefix(expected), "\(path): \(answer)")
      #expect(ContinuousClock.now - begin < .seconds(10), "\(path)")
      #expect(try fixture.desk.subscriber(fixture.customer).credit == answer)
    }
    // Who trusts another circle does not even tell the subscriber's name.
    let answer = try await offThread {
      try fixture.desk.checkCredit(ofSubscriber: fixture.customer, amount: 1, by: stranger("/honest"), now: Fixture.now)
    }
    #expect("\(answer)".hasPrefix("unknown"), "\(answer)")
    await service.stop()
  }

  /// Runs what blocks on a thread that may.
  private func offThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
    }
  }
}

extension Fixture {
  static func made<Value>(_ make: () throws -> Value) -> Value {
    do { return try make() } catch { preconditionFailure("\(error)") }
  }
}

/// A link that answers everything alike.
private final class FixedLink: ServerLink, Sendable {
  private let result: Result<Reply, LinkError>
  init(_ result: Result<Reply, LinkError>) { self.result = result }
  func exchange(_ message: Message) throws(LinkError) -> Reply { try result.get() }
}

/// A circle that nobody else is in.
private enum PrivateCircle {
  static func root() throws -> [UInt8] {
    let random = SystemRandomSource.shared
    let validity = Validity(from: Instant.now() - .seconds(86_400), days: 100)
    return try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Others")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random
    ).certificate.encoded
  }
}

/// A credit service that does what it should at one path, and what it should not at others.
private struct HostileService {
  let server: HTTPServer
  let root: [UInt8]
  let client: Mutexed = Mutexed()

  final class Mutexed: @unchecked Sendable { var client: HTTPSClient? }

  static func start() async throws -> HostileService {
    let folder = NSTemporaryDirectory() + "simurgh-credit-\(UUID().uuidString)"
    let circle = CircleDirectory(folder)
    let random = SystemRandomSource.shared
    let validity = Validity(from: Instant.now() - .seconds(86_400), days: 100)
    try circle.begin(curve: .p256, organization: "Test", validity: validity, random: random)
    let oid = try #require(OID("1.2.3.4"))
    let entry = try circle.issue(
      .dpTLS(oid, hosts: ["localhost"]), named: "credit", file: "credit", curve: .p256, validity: validity,
      random: random)
    let key = try #require(entry.key)
    let root = try #require(try circle.entries(.certificateIssuer).first).certificate.encoded
    let listener = Listener(
      host: "127.0.0.1", port: 0, identity: try TLSIdentity(certificates: [entry.certificate.encoded], key: key),
      clients: .anyone
    ) { message in
      switch message.path {
      case "/honest":
        return Reply(
          status: 200, headers: ["Content-Type": "application/json"],
          body: Array(#"{"answer":"approved","limit":1}"#.utf8))
      case "/slow":
        try? await Task.sleep(for: .seconds(30))
        return Reply(status: 200)
      case "/huge":
        return Reply(
          status: 200, headers: ["Content-Type": "application/json"], body: [UInt8](repeating: 0x20, count: 64 << 20))
      // The connection ends with the request read and nothing said.
      case "/hang-up": return .lost
      default: return Reply(status: 302, headers: ["Location": "https://localhost/honest"])
      }
    }
    return HostileService(server: try await HTTPServer.start([listener]), root: root)
  }

  func check(
    timeout: Duration, trusting other: [UInt8]? = nil
  ) throws -> @Sendable (String) -> any CreditCheck {
    var configuration = HTTPSClient.Configuration(roots: [other ?? root])
    (configuration.timeout, configuration.bodyLimit) = (timeout, CreditService<HTTPSClient>.bodyLimit)
    let link = try HTTPSClient(configuration)
    client.client = link
    let host = "localhost:\(server.ports[0])"
    return { path in CreditService(host: host, path: path, over: link) }
  }

  func stop() async {
    client.client?.close()
    await server.stop(grace: .zero)
  }
}
