import AuC
import Bytes
import Foundation
import Identifiers
import Keys
import Store
import StoreSQLite
import TransportSocket

/// Our authentication centre as a process of its own: `bench centre STORE SUBSCRIBERS` prints its GSUP port and serves
/// until its input ends.
enum AuthenticationCentre {
  static func main(_ arguments: [String]) async throws {
    guard arguments.count == 2, let count = Int(arguments[1]) else { throw BenchError("centre STORE SUBSCRIBERS") }
    let store = try SQLiteStore(path: arguments[0])
    try store.migrate([EventRecord.schema, SubscriberTable.schema, LocationTable.schema])
    let random = SystemRandomSource.shared
    let desk = Desk(store: store, vault: try KeyVault(current: Secret(random.bytes(32))))
    try desk.add(
      (0..<count).map {
        try AuC.Subscriber(imsi: AuthenticationLoad.imsi($0), credentials: AuthenticationLoad.keys($0))
      },
      now: .now(), random: random)
    let service = GSUPService(GSUPRoute(desk), random: random) { .now() }
    let server = try await FrameServer(host: "127.0.0.1", port: 0, framing: GSUPService.framing, service: service)
    print(server.port)
    fflush(nil)
    while readLine() != nil {}
    await server.stop()
  }
}
