import CustomerManagement
import Identifiers
import Store
import TestStores
import Testing

/// A desk with a customer whose credit is approved.
struct Fixture {
  let store: any Store
  let desk: Desk
  let customer: Int
  static let now = Instant(seconds: 1_800_000_000)

  init(_ store: (any Store)? = nil) throws {
    self.store = try store ?? StoreKind.current.make()
    desk = try Desk(store: self.store)
    customer = try Self.customer(desk)
  }

  static func customer(_ desk: Desk, _ name: String = "Ada Example") throws -> Int {
    let id = try desk.add(Subscriber.Particulars(name: name), now: now)
    _ = try desk.checkCredit(ofSubscriber: id, amount: 10_00, by: LocalCreditRules(), now: now)
    return id
  }

  /// A pool of `count` numbers from +4915550000000 on.
  func pool(_ count: Int, quarantine: Duration = .seconds(1000)) throws {
    try desk.make(
      NumberPool(name: "p", offer: .seconds(10), reservation: .seconds(100), quarantine: quarantine), now: Self.now)
    try desk.add(numbers: count, from: Self.number(0), to: "p", now: Self.now)
  }

  static func number(_ index: Int) throws -> TelephoneNumber { try TelephoneNumber("+\(4_915_550_000_000 + index)") }

  func stock(_ count: Int, type: String = "t", from first: Int = 0) throws {
    let sims = try (first..<first + count).map {
      (iccid: try Self.iccid($0), imsi: try IMSI("00101\(1_000_000_000 + $0)"), profileType: type)
    }
    try desk.stock(sims, now: Self.now)
  }

  static func iccid(_ index: Int) throws -> ICCID { try ICCID("8988211\(100_000_000_000 + index)") }
}
