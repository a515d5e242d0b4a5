import Bytes
import Identifiers
import Keys
import OrderDesk
import Store
import TestStores
import Testing

@Suite("What the order desk wraps", .overEveryStore) struct RotationTests {
  private static let old = Secret([UInt8](repeating: 1, count: 32))
  private static let new = Secret([UInt8](repeating: 2, count: 32))
  private let random = SystemRandomSource.shared
  private let now = Instant(seconds: 1_800_000_000)

  @Test("A rotation brings confirmation codes under the new master key, some orders at a time, cut off anywhere")
  func rotation() throws {
    let store = try StoreKind.current.make()
    let desk = try OrderDesk.Desk(store: store, vault: KeyVault(current: Self.old))
    // Each second order has a code.
    let orders = try (0..<10).map { number in
      let code = number % 2 == 0 ? Secret(Array("\(1000 + number)".utf8)) : nil
      return try desk.place(OrderRequest(profileType: "consumer", confirmationCode: code), now: now, random: random)
    }
    let during = try OrderDesk.Desk(store: store, vault: KeyVault(current: Self.new, former: [Self.old]))
    let after = try OrderDesk.Desk(store: store, vault: KeyVault(current: Self.new))
    func opened(by desk: OrderDesk.Desk) throws -> Int {
      var count = 0
      for (number, order) in orders.enumerated() {
        guard let code = try? desk.revealConfirmationCode(of: order.id, to: "Ada", now: now) else { continue }
        #expect(code == Secret(Array("\(1000 + number)".utf8)))
        count += 1
      }
      return count
    }
    #expect(try opened(by: desk) == 5)
    #expect(try opened(by: after) == 0)
    let last = try during.rewrap(limit: 2, random: random)
    #expect(try opened(by: during) == 5)
    #expect(try opened(by: after) == 2)
    // Somebody else begins again, and both go on to the end.
    for begun in [nil, last] {
      var order = begun
      repeat { order = try during.rewrap(after: order ?? "", limit: 2, random: random) } while order != nil
    }
    #expect(try opened(by: after) == 5)
    #expect(try opened(by: desk) == 0)
  }
}
