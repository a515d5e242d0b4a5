import Identifiers
import OrderDesk
import Store
import TestStores
import Testing

@Suite("Bulk orders", .overEveryStore) struct BulkTests {
  private func row(_ number: Int) -> BulkRow {
    switch number % 10 {
    case 3: BulkRow(["profileType": "consumer", "eid": "12"])
    case 7: BulkRow(["profileType": "consumer", "reference": "same"])
    case 8: BulkRow(unreadable: "it has 9 values, but there are 7 columns")
    case 9: BulkRow(["subscription": "1"])
    default: BulkRow(["profileType": "consumer", "reference": "R\(number)"])
    }
  }

  @Test("Good rows become orders, bad ones are noted with number and reason") func rows() throws {
    let operation = try Operation()
    var bulk = try operation.desk.beginBulk("may", digest: [1], total: 20, now: operation.now)
    bulk = try operation.desk.take((0..<20).map(row), of: bulk, now: operation.now, random: operation.random)
    #expect(bulk.taken == 20 && bulk.failed == 7)
    let errors = try operation.desk.errors(of: bulk)
    #expect(errors.map(\.row) == [4, 9, 10, 14, 18, 19, 20])
    #expect(errors.first?.reason == "eid: the 32 digits of an EID are wanted")
    #expect(errors.dropFirst(4).first?.reason == OrderError.knownReference("same").description)
    #expect(try operation.desk.counts(of: bulk) == [.placed: 13])
    #expect(BulkRow.column("Profile-Type") == "profileType" && BulkRow.column("profil") == nil)
  }

  @Test(
    "After a crash a bulk order goes on where it was, and no row is taken twice",
    arguments: [
      CommitPoint.before, .after,
    ])
  func resume(point: CommitPoint) throws {
    for commit in 0..<6 {
      let operation = try Operation()
      let cut = PowerCut(at: commit, point)
      operation.store.onCommit { try cut.hook($0) }
      var begun: BulkOrder?
      for _ in 0..<3 {
        do {
          var bulk = try operation.desk.beginBulk("may", digest: [1], total: 50, now: operation.now)
          while bulk.taken < bulk.total {
            let end = min(bulk.taken + 10, bulk.total)
            bulk = try operation.desk.take(
              (bulk.taken..<end).map(row), of: bulk, now: operation.now, random: operation.random)
          }
          begun = bulk
          break
        } catch is Crash { continue }
      }
      let bulk = try #require(begun)
      #expect(bulk.taken == 50)
      #expect(try operation.desk.counts(of: bulk)[.placed] == 50 - bulk.failed)
    }
  }

  @Test("Another file under the same name is refused; so is a second importer's stale view") func misuse() throws {
    let operation = try Operation()
    let bulk = try operation.desk.beginBulk("may", digest: [1], total: 20, now: operation.now)
    #expect(throws: OrderError.otherBulk("may")) {
      try operation.desk.beginBulk("may", digest: [2], total: 20, now: operation.now)
    }
    _ = try operation.desk.take([row(0)], of: bulk, now: operation.now, random: operation.random)
    #expect(throws: StoreError.conflict) {
      try operation.desk.take([row(1)], of: bulk, now: operation.now, random: operation.random)
    }
    #expect(throws: OrderError.unknownBulk("june")) { try operation.desk.bulk("june") }
  }
}
