import Bytes
import Identifiers
import Keys
import SMDPPlus
import Store
import TestStores
import Testing

@Suite("What the order book wraps", .overEveryStore) struct RotationTests {
  private let store: any Store
  private let random = SystemRandomSource.shared
  private static let old = Secret([UInt8](repeating: 1, count: 32))
  private static let new = Secret([UInt8](repeating: 2, count: 32))

  init() throws { store = try StoreKind.current.make([EventRecord.schema, OrderBook.schema]) }

  /// Puts 25 orders in, each with personal data, a confirmation code and a ready-made package beside it.
  private func fill(_ vault: KeyVault) throws {
    for number in 0..<25 {
      var order = Fixture.order(number, matchingId: "T\(number)")
      order.personalData = try PersonalValues(["k": "\(number)"]).wrapped(for: order.iccid, in: vault, random: random)
      order.terms.confirmationHash = try ConfirmationHash(
        of: Secret(Array("\(number)".utf8)), for: order.iccid, in: vault, random: random)
      // The length of the terms then takes two bytes.
      if number % 2 == 1 { order.terms.smdsAddress = String(repeating: "a", count: 150) }
      try store.transaction { transaction in
        try OrderBook.insert(order, because: "test", now: Fixture.now, in: transaction)
        _ = try OrderBook.keep(package: Self.package(number), in: vault, random: random, transaction)
      }
    }
  }

  private static func package(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number), count: 100) }

  /// Whether all opens with `vault` and is what it was.
  private func expectWhole(_ vault: KeyVault) throws {
    try store.read { reader in
      for number in 0..<25 {
        let order = try #require(try OrderBook.order(Fixture.iccid(number), in: reader))
        let data = try PersonalValues(wrapped: #require(order.personalData), for: order.iccid, in: vault)
        #expect(data["k"] == "\(number)")
        let hash = try #require(order.terms.confirmationHash)
        let code = Secret(Array("\(number)".utf8))
        #expect(try hash.isOf(code, for: order.iccid, in: vault))
        #expect(try !hash.isOf(Secret(Array("x".utf8)), for: order.iccid, in: vault))
        #expect(throws: KeyError.self) { try hash.isOf(code, for: Fixture.iccid(number + 1), in: vault) }
        let package = Self.package(number)
        #expect(try OrderBook.package(sha256(package), in: vault, reader) == package)
      }
    }
  }

  @Test(
    "A rotation brings personal data, confirmation codes and packages under the new master key, cut off anywhere",
    arguments: [CommitPoint.before, .after])
  func rotation(point: CommitPoint) throws {
    try fill(KeyVault(current: Self.old))
    let before = try store.read { try OrderBook.order(Fixture.iccid(0), in: $0) }
    let during = try KeyVault(current: Self.new, former: [Self.old])
    for commit in 0..<6 {
      let cut = PowerCut(at: commit, point)
      store.onCommit { try cut.hook($0) }
      #expect(throws: Crash.self) { try OrderBook.rewrap(during, limit: 10, random: random, in: store) }
      store.onCommit(nil)
      try expectWhole(during)
    }
    try OrderBook.rewrap(during, limit: 10, random: random, in: store)
    try expectWhole(KeyVault(current: Self.new))
    // Sessions under way go on: no order counts as changed.
    let after = try store.read { try OrderBook.order(Fixture.iccid(0), in: $0) }
    #expect(after?.version == before?.version && after?.terms != before?.terms)
  }

  @Test("What an earlier version kept as it was is wrapped at start, and by a rotation")
  func clear() throws {
    let vault = try KeyVault(current: Self.old)
    try fill(vault)
    try store.transaction { transaction in
      for number in 0..<25 {
        // OrderTerms with the hash as it is; its first field is the hash.
        let terms = try #require(try OrderBook.order(Fixture.iccid(number), in: transaction)).terms
        let rest = terms.encoded.dropFirst(terms.encoded.count < 130 ? 2 : 3).dropFirst(2 + 69)
        let content = [0x80, 0x20] + sha256(Array("\(number)".utf8)) + rest
        let length: [UInt8] = content.count < 128 ? [UInt8(content.count)] : [0x81, UInt8(content.count)]
        try transaction.execute(
          "UPDATE profile_order SET terms = $2 WHERE iccid = $1", Fixture.iccid(number), [0x30] + length + content)
        let package = Self.package(number)
        try transaction.execute(
          "UPDATE profile_package SET bytes = $2 WHERE hash = $1", sha256(package), package)
      }
    }
    #expect(throws: KeyError.self) { try expectWhole(vault) }
    try OrderBook.wrapWhatIsClear(vault, random: random, in: store)
    try expectWhole(vault)
    let before = store.counts
    try OrderBook.wrapWhatIsClear(vault, random: random, in: store)
    #expect(store.counts == before)
  }
}
