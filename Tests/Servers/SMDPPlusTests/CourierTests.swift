import Bytes
import Identifiers
import Keys
import SGP22
import SMDPPlus
import Stations
import Store
import TestStores
import TestSupport
import Testing
import Transport
import World

@Suite("The courier", .overEveryStore)
struct CourierTests {
  private let server: TestServer
  private let network = InProcessServers()

  init() throws {
    server = try TestServer(
      requesters: Requesters([.init(identifier: "operator", fingerprints: [], callback: "operator.example.com")])
    ) { $0.rootSmdsAddress = "root.example.com" }
    var order = Fixture.order(state: .confirmed)
    (order.owner, order.eid, order.terms.smdsAddress) = ("operator", Fixture.eid, ".")
    try server.insert(order)
  }

  private var given: Given { Given(now: server.clock.now, random: SystemRandomSource.shared) }

  private func release() throws {
    let requester = Requesters.Requester(identifier: "operator", fingerprints: [])
    _ = try server.desk.perform(given: given) { reader in
      try server.desk.releaseProfile(.init(iccid: Fixture.iccid(0)), from: requester, given: given, in: reader)
    }.get()
  }

  private func answer(_ refusal: Refusal? = nil) -> Reply {
    Reply(body: JSONBinding.encode(refusal.map { Result<NoFields, Refusal>.failure($0) } ?? .success(NoFields())))
  }

  @Test("§5.3.2, §5.9.1: an event for the root SM-DS is registered there; what it has already is taken as success")
  func registration() throws {
    try release()
    var received: [ES12.RegisterEvent.Request] = []
    network.place("root.example.com") { message in
      #expect(message.path == ES12.RegisterEvent.path)
      if let request: ES12.RegisterEvent.Request = try? JSONBinding.decode(from: message.body).request {
        received.append(request)
      }
      return answer(.eventAlreadyRegistered)
    }
    #expect(try Courier(server.desk).deliver(given: given, over: network) == 1)
    #expect(received.map(\.eventId) == ["TOKEN"])
    #expect(received.first?.rspServerAddress == Fixture.address)
    #expect(try Courier(server.desk).deliver(given: given, over: network) == 0)
  }

  @Test("What is not taken comes again after a pause, in order; why it failed is recorded")
  func retry() throws {
    try release()
    #expect(try Courier(server.desk).deliver(given: given, over: network) == 0)
    network.place("root.example.com") { _ in answer(.providerFailed) }
    #expect(try Courier(server.desk).deliver(given: given, over: network) == 0)
    server.clock.advance(by: .seconds(2))
    #expect(try Courier(server.desk).deliver(given: given, over: network) == 0)
    network.place("root.example.com") { _ in answer() }
    server.clock.advance(by: .seconds(4))
    #expect(try Courier(server.desk).deliver(given: given, over: network) == 1)
    let events = try server.record(Fixture.iccid(0).digits).filter { $0.name == Errand.Kind.registerEvent.rawValue }
    #expect(events.map(\.kind) == [.failed, .failed, .sent])
  }

  @Test("§5.9.1: an SM-DS that fails (8.9/4.2) or whose root does not answer (8.9/5.1) is asked again")
  func rootFails() throws {
    try release()
    for refusal in [Refusal.rootSmdsUnavailable, .rootSmdsFailed, .providerUnavailable] {
      network.place("root.example.com") { _ in answer(refusal) }
      #expect(try Courier(server.desk).deliver(given: given, over: network) == 0)
      server.clock.advance(by: .seconds(10))
    }
    network.place("root.example.com") { _ in answer() }
    #expect(try Courier(server.desk).deliver(given: given, over: network) == 1)
  }

  @Test("§5.3.5: the operator's server is told by HandleDownloadProgressInfo, and answers with status 204")
  func progress() async throws {
    try release()
    _ = try server.authenticate(TestCard(.nist)).get()
    let courier = Courier(server.desk)
    var taken: [Int] = []
    for _ in 0..<2 {
      let delivered = try await courier.deliver(given: given) { message in
        message.path == ES2Plus.HandleDownloadProgressInfo.path
          ? Reply(status: 204) : Reply(body: JSONBinding.encode(Result<NoFields, Refusal>.success(NoFields())))
      }
      taken.append(delivered)
    }
    // One for the operator and one for the SM-DS: neither waits for the other.
    #expect(taken == [2, 0])
  }

  @Test("A courier that died with an errand in hand is followed at the next start, not after its lease")
  func killed() throws {
    try release()
    struct Killed: Error {}
    let clock = server.clock
    server.store.onCommit { _ in if clock.now != Fixture.now { throw Killed() } }
    network.place("root.example.com") { _ in
      // The process ends while the errand is on its way: nothing is noted any more.
      clock.advance(by: .seconds(1))
      return answer()
    }
    #expect(throws: Killed.self) { try Courier(server.desk).deliver(given: given, over: network) }
    server.store.onCommit(nil)
    network.place("root.example.com") { _ in answer(.eventAlreadyRegistered) }
    let next = Courier(server.desk)
    #expect(try next.deliver(given: given, over: network) == 0)
    try next.resume(given: given)
    #expect(try next.deliver(given: given, over: network) == 1)
    #expect(try next.deliver(given: given, over: network) == 0)
  }

  @Test("A receiver that never answers keeps no other waiting") func slowReceiver() async throws {
    try release()
    _ = try server.authenticate(TestCard(.nist)).get()
    let (registered, finish) = AsyncStream.makeStream(of: Void.self)
    // The operator answers only after the SM-DS was told.
    let taken = try await Courier(server.desk).deliver(given: given) { message in
      if message.path == ES2Plus.HandleDownloadProgressInfo.path {
        for await _ in registered { break }
        return Reply(status: 204)
      }
      finish.finish()
      return Reply(body: JSONBinding.encode(Result<NoFields, Refusal>.success(NoFields())))
    }
    #expect(taken == 2)
  }

  @Test("Sessions and calls whose time is over are forgotten, others not")
  func sweep() throws {
    let card = try TestCard(.nist)
    for _ in 0..<3 { _ = try server.initiate(card) }
    #expect(try server.desk.sweep(given: given) == 0)
    server.clock.advance(by: .seconds(900))
    #expect(try server.desk.sweep(limit: 2, given: given) == 2)
    #expect(try server.desk.sweep(given: given) == 1)
  }
}
