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

@Suite("SGP.22 §3.6: the events of orders", .overEveryStore)
struct EventRegistrationTests {
  private let server: TestServer
  private let network = InProcessServers()

  init() throws {
    server = try TestServer { $0.registrationAddresses = ["smds.example.com": "es12.example.com"] }
  }

  private var given: Given { Given(now: server.clock.now, random: SystemRandomSource.shared) }

  private func order(_ state: Order.State) throws -> Order {
    var order = Fixture.order(state: state)
    (order.eid, order.terms.smdsAddress) = (try TestCard(.nist).eid, "smds.example.com")
    return order
  }

  /// What the SM-DS is told, in order: function, EventID and requester.
  private func delivered(by server: TestServer? = nil) throws -> [String] {
    let server = server ?? self.server
    var calls: [String] = []
    network.place("es12.example.com") { message in
      let name = message.path.split(separator: "/").last.map(String.init) ?? ""
      let header = try? JSONBinding.decode(ES12.DeleteEvent.Request.self, from: message.body)
      calls.append(
        "\(name) \(header?.request.eventId ?? "") \(header?.header?.functionRequesterIdentifier ?? "")")
      return Reply(body: JSONBinding.encode(Result<NoFields, Refusal>.success(NoFields())))
    }
    while try Courier(server.desk).deliver(given: given, over: network) > 0 {}
    return calls
  }

  @Test(
    "§5.9.1, §5.9.2: released, the event is registered; installed, it is deleted; the SM-DP+'s OID is the requester")
  func installed() throws {
    let card = try TestCard(.nist)
    let events = EventRegistration(address: Fixture.address, requester: "\(server.credentials.oid)")
    let order = try order(.released)
    try server.insert(order)
    try server.store.transaction { try events.follow(to: order, now: given.now, in: $0) }
    #expect(try delivered() == ["registerEvent TOKEN \(server.credentials.oid)"])
    let (transactionId, _, _, _) = try server.download(card)
    #expect(try delivered() == [])
    server.notify(
      try card.result(
        transactionId, iccid: Fixture.iccid(0), number: 1, oid: server.credentials.oid, server.success()))
    #expect(try delivered() == ["deleteEvent TOKEN \(server.credentials.oid)"])
  }

  @Test("a store made anew with the same ICCIDs is no repetition to the SM-DS: its calls bear other identifiers")
  func madeAnew() throws {
    var identifiers: Set<String> = []
    network.place("es12.example.com") { message in
      let header = try? JSONBinding.decode(ES12.RegisterEvent.Request.self, from: message.body).header
      identifiers.insert(header?.functionCallIdentifier ?? "none")
      return Reply(body: JSONBinding.encode(Result<NoFields, Refusal>.success(NoFields())))
    }
    for life in 0..<2 {
      let server = try TestServer { $0.registrationAddresses = ["smds.example.com": "es12.example.com"] }
      let events = EventRegistration(address: Fixture.address, requester: "\(server.credentials.oid)")
      let order = try order(.released)
      try server.insert(order)
      let now = given.now - .seconds(Double(1 - life))
      try server.store.transaction { try events.follow(to: order, now: now, in: $0) }
      while try Courier(server.desk).deliver(given: given, over: network) > 0 {}
    }
    #expect(identifiers.count == 2 && !identifiers.contains("none"))
  }

  @Test("an operator that cannot be reached keeps no event waiting") func unreachableOperator() throws {
    let operatorAway = Requesters([.init(identifier: "operator", fingerprints: [], callback: "operator.example.com")])
    let server = try TestServer(requesters: operatorAway) {
      $0.registrationAddresses = ["smds.example.com": "es12.example.com"]
    }
    var order = try order(.released)
    order.owner = "operator"
    try server.insert(order)
    let (transactionId, _, _, _) = try server.download(try TestCard(.nist))
    server.notify(
      try TestCard(.nist).result(
        transactionId, iccid: Fixture.iccid(0), number: 1, oid: server.credentials.oid, server.success()))
    #expect(try delivered(by: server) == ["deleteEvent TOKEN \(server.credentials.oid)"])
    let waiting = try server.store.read { try Errand.waiting(for: Fixture.iccid(0), in: $0) }
    #expect(!waiting.isEmpty && waiting.allSatisfy { $0.kind == Errand.Kind.handleDownloadProgressInfo.rawValue })
  }

  @Test("moved by hand, an order's event follows: in stock again it is deleted, released it is registered")
  func byHand() throws {
    let events = EventRegistration(address: Fixture.address, requester: "2.999.1")
    let released = try order(.released)
    let confirmed = try order(.confirmed)
    var cancelled = released
    try cancelled.move(to: .available)
    (cancelled.eid, cancelled.matchingId) = (nil, nil)
    try server.store.transaction { transaction in
      try events.follow(to: confirmed, now: given.now, in: transaction)
      try events.follow(from: confirmed, to: released, now: given.now, in: transaction)
      try events.follow(from: released, to: released, now: given.now, in: transaction)
      try events.follow(from: released, to: cancelled, now: given.now, in: transaction)
    }
    #expect(try delivered() == ["registerEvent TOKEN 2.999.1", "deleteEvent TOKEN 2.999.1"])
  }

  @Test("an order that is imported with an SM-DS and released is registered there") func imported() throws {
    let importing = OrderImport(
      templates: ["test": Fixture.Template()], vault: Fixture.vault, address: Fixture.address,
      events: EventRegistration(address: Fixture.address, requester: "2.999.1")
    ) { _ in [] }
    let row = [
      "iccid": Fixture.iccid(0).digits, "template": "test", "imsi": "001010123456789", "smds": "smds.example.com",
      "eid": Fixture.eid.digits, "matchingId": "EVENT-1",
    ]
    _ = try #require(
      try importing.run([OrderImport.Row(number: 1, row)], into: server.store, given: given).first?.result.get())
    #expect(try delivered() == ["registerEvent EVENT-1 2.999.1"])
  }
}
