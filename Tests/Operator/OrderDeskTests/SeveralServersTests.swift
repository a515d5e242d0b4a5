import Identifiers
import Keys
import OrderDesk
import SMDPPlus
import TestStores
import Testing

@Suite("Several SM-DP+", .overEveryStore) struct SeveralServersTests {
  /// An operator with a second SM-DP+, for the profile type iot, where the SIMs 10 to 13 are.
  private func operation() throws -> (Operation, other: Operation) {
    let (operation, other) = (try Operation(), try Operation(sims: 0))
    let client = ES2PlusClient(
      link: other.line, host: "iot-operators.example", requester: "operator", address: "iot.example.com")
    operation.otherServers = [.init("iot-server", client, profileTypes: ["iot"])]
    try operation.stock(4, from: 10, profileType: "iot", at: other)
    return (operation, other)
  }

  @Test("An order goes to the SM-DP+ of its profile type, and only there") func choice() throws {
    let (operation, other) = try operation()
    let (here, there) = (try operation.place(), try operation.place(profileType: "iot"))
    try operation.settle()
    #expect(operation.line.calls.count == 3 && other.line.calls.count == 3)
    #expect(try operation.desk.order(here.id).server == "smdp")
    #expect(try operation.desk.order(there.id).server == "iot-server")
    #expect(try operation.desk.order(there.id).state == .released)
    try operation.desk.cancel(there.id, because: "test", now: operation.now)
    try operation.settle()
    #expect(other.line.calls.last == "cancelOrder")
  }

  @Test("An order stays where it was placed when its profile type moves to another SM-DP+") func moved() throws {
    let (operation, other) = try operation()
    let order = try operation.place(profileType: "iot")
    try operation.settle()
    let servers = operation.otherServers
    operation.otherServers = []
    try operation.desk.cancel(order.id, because: "test", now: operation.now)
    for _ in 0..<3 {
      operation.now = operation.now + .seconds(600)
      try operation.runner.run(now: operation.now)
    }
    #expect(try operation.desk.failing().first?.failure?.contains("\"iot-server\", which is named no more") == true)
    #expect(!operation.line.calls.contains("cancelOrder"))
    operation.otherServers = servers
    try operation.settle()
    #expect(try operation.desk.order(order.id).state == .cancelled && other.line.calls.last == "cancelOrder")
  }

  @Test("A report about another SM-DP+'s order is noted and changes nothing") func foreignReport() throws {
    let (operation, _) = try operation()
    let order = try operation.place(profileType: "iot")
    try operation.settle()
    let sim = try #require(try operation.desk.order(order.id).sim)
    #expect(operation.report(sim.iccid).status == 204)
    try operation.settle()
    #expect(try operation.desk.order(order.id).state == .released)
    #expect(
      try operation.desk.history(of: order.id).contains {
        $0.event.body == .text("the order is at the SM-DP+ iot-server")
      })
  }

  @Test("A profile type that no SM-DP+ is for is refused, and the SIM stays free") func nobody() throws {
    let operation = try Operation()
    operation.hasDefaultServer = false
    let order = try operation.place()
    try operation.settle()
    #expect(try operation.desk.order(order.id).ending == "no SM-DP+ is named for the profile type \"consumer\"")
    try operation.expectAgreement([order.id], "nobody")
  }
}
