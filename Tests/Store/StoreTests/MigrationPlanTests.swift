import Identifiers
import Store
import Testing

@Suite struct MigrationPlanTests {
  private let first = [SchemaChange.table("a", "x INTEGER")]
  private let second = [SchemaChange.index("a_x", on: "a (x)")]

  private func record(_ owner: String, _ version: Int, _ changes: [SchemaChange]) -> AppliedVersion {
    AppliedVersion(owner: owner, version: version, text: changes.map(\.text).joined(separator: "\n"))
  }

  @Test("An empty database gets every version in order")
  func everything() throws {
    let plan = try MigrationPlan(schemas: [Schema(owner: "o", versions: [first, second])], applied: [])
    #expect(plan.steps.map(\.record) == [record("o", 1, first), record("o", 2, second)])
  }

  @Test("What was applied is not applied again")
  func rest() throws {
    let schema = Schema(owner: "o", versions: [first, second])
    let plan = try MigrationPlan(schemas: [schema], applied: [record("o", 1, first)])
    #expect(plan.steps.map(\.record.version) == [2])
    #expect(plan.steps.first?.changes == second)
  }

  @Test("A table has one owner")
  func oneOwner() {
    #expect(throws: StoreError.schema("table a belongs to both o and p")) {
      try MigrationPlan(
        schemas: [Schema(owner: "o", versions: [first]), Schema(owner: "p", versions: [first])], applied: [])
    }
  }

  @Test("An older program leaves a newer database alone")
  func newer() {
    #expect(throws: StoreError.self) {
      try MigrationPlan(
        schemas: [Schema(owner: "o", versions: [first])],
        applied: [record("o", 1, first), record("o", 2, second)])
    }
  }

  @Test("A released version that was edited is noticed")
  func edited() {
    #expect(throws: StoreError.schema("version 1 of o is not what was applied there")) {
      try MigrationPlan(schemas: [Schema(owner: "o", versions: [first])], applied: [record("o", 1, second)])
    }
  }
}

@Suite struct ValueTests {
  @Test("Values come back as what they were, and as nothing else")
  func values() {
    #expect(Int(sqlValue: 5.sqlValue) == 5)
    #expect(Int(sqlValue: "5".sqlValue) == nil)
    #expect(String?(sqlValue: .null) == .some(nil))
    #expect(String?(sqlValue: "a".sqlValue) == .some("a"))
    #expect(String?(sqlValue: .integer(1)) == .none)
    #expect(Bool(sqlValue: .integer(2)) == nil)
    #expect([UInt8](sqlValue: [UInt8]([1, 2]).sqlValue) == [1, 2])
    #expect(Instant(sqlValue: Instant(milliseconds: -1).sqlValue) == Instant(milliseconds: -1))
    #expect(Int?.none.sqlValue == .null)
  }

  @Test("A row tells which column is not what was expected")
  func rows() throws {
    let row = Row([.integer(1), .null])
    #expect(try row(0) == 1)
    #expect(try row(1, as: String?.self) == nil)
    #expect(throws: StoreError.unexpected("column 0 is no String")) { try row(0, as: String.self) }
    #expect(throws: StoreError.unexpected("column 2 is no Int")) { try row(2, as: Int.self) }
  }

  @Test("Pauses double up to the longest")
  func backOff() {
    let backOff = BackOff(first: .seconds(2), longest: .seconds(60), attempts: 9)
    #expect((1...7).map { backOff.pause(after: $0) } == [2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
    #expect(backOff.pause(after: .max) == .seconds(60))
    #expect(backOff.pause(after: 0) == .seconds(2))
  }
}
