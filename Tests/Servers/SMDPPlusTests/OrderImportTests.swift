import Bytes
import Foundation
import Identifiers
import Keys
import SGP22
import SMDPPlus
import Stations
import Store
import TestSupport
import TestStores
import Testing

@Suite(.overEveryStore) struct OrderImportTests {
  private let store: any Store
  private let given = Given(now: Fixture.now, random: SystemRandomSource.shared)

  init() throws {
    store = try StoreKind.current.make([EventRecord.schema, OrderBook.schema])
  }

  private func run(
    _ rows: [[String: String]], files: [String: [UInt8]] = [:]
  ) throws -> [OrderImport.Outcome] {
    let orders = OrderImport(templates: ["test": Fixture.Template()], vault: Fixture.vault, address: Fixture.address) {
      guard let bytes = files[$0] else { throw CocoaError(.fileNoSuchFile) }
      return bytes
    }
    let numbered = rows.enumerated().map { OrderImport.Row(number: $0.offset + 2, $0.element) }
    return try orders.run(numbered, into: store, given: given)
  }

  private func row(_ number: Int = 0, _ more: [String: String] = [:]) -> [String: String] {
    ["iccid": Fixture.iccid(number).digits, "template": "test", "imsi": "001010123456789"].merging(more) { $1 }
  }

  @Test("A short row becomes a released order with a token of its own, and its secrets are wrapped")
  func short() throws {
    let outcome = try #require(try run([row()]).first)
    let order = try outcome.result.get()
    #expect(outcome.number == 2)
    #expect(try store.read { try OrderBook.order(Fixture.iccid(0), in: $0) } == order)
    #expect(order.state == .released)
    #expect(order.activationCode(address: Fixture.address)?.smdpAddress.name == Fixture.address)
    let wrapped = try #require(order.personalData)
    #expect(!wrapped.contains(Array("001010123456789".utf8)))
    #expect(try PersonalValues(wrapped: wrapped, for: order.iccid, in: Fixture.vault)["imsi"] == "001010123456789")
  }

  @Test("A full row says everything that can be said")
  func full() throws {
    let icon: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 1]
    let outcome = try #require(
      try run(
        [
          row(
            0,
            [
              "Matching-ID": "MINE-1", "confirmation_code": "4711", "EID": Fixture.eid.digits, "state": "Confirmed",
              "expiry": "2026-12-31", "attempts": "3", "codeAttempts": "2", "policyRules": "ppr1, PPR2", "smds": ".",
              "serviceProvider": "Operator", "profileName": "Gold", "profileClass": "operational",
              "notifications": "install;delete",
              "owner": "operator", "profileType": "gold", "plmn": "00101", "gid1": "FF", "icon": "icon.png",
              "bindsToFirst": "yes", "empty": "",
            ])
        ], files: ["icon.png": icon]
      ).first)
    let order = try outcome.result.get()
    #expect(order.state == .confirmed)
    #expect(order.expiry?.description == "2027-01-01T00:00:00Z")
    #expect(order.terms.confirmationHash != nil)
    #expect(
      order.terms
        == OrderTerms(
          confirmationHash: order.terms.confirmationHash, attemptsAllowed: 3, codeAttemptsAllowed: 2, smdsAddress: ".",
          bindsToFirst: true))
    let metadata = try StoreMetadataRequest(encoded: order.metadata)
    #expect(metadata.profilePolicyRules?.named == [.ppr1, .ppr2])
    #expect(metadata.profileOwner?.gid1 == [0xFF])
    #expect(metadata.icon == icon && metadata.iconType == .png)
    #expect(metadata.notificationConfigurationInfo?.count == 2)
    #expect(order.owner == "operator" && order.profileType == "gold" && order.eid == Fixture.eid)
  }

  @Test("Rows that fail are told with number, column and reason; the others go in")
  func failures() throws {
    let failures: [([String: String], String)] = [
      (["iccid": "12"], "iccid: 18 to 20 digits are wanted"),
      (
        row(1, ["eid": "89049032123451234512345678901236"]),
        "eid: the check digits do not fit (modulo 97 gives 2, not 1)"
      ),
      (row(1, ["state": "installed"]), "state: one of [available, allocated, linked, confirmed, released] is wanted"),
      (row(1, ["template": "gold"]), "template: there is no template \"gold\"; there are [\"test\"]"),
      (row(1, ["template": ""]), "either a template or a package is wanted"),
      (
        row(1, ["expiry": "soon"]),
        "expiry: a day like 2026-12-31 or a time like 2026-12-31T12:00:00Z is wanted, not \"soon\""
      ),
      (row(1, ["attempts": "0"]), "attempts: a number from 1 to 1000000 is wanted, not \"0\""),
      (row(1, ["policyRules": "ppr9"]), "policyRules: ppr1 or ppr2 is wanted, not \"ppr9\""),
      (row(1, ["policyRules": "ppr1"]), "plmn: a profile with policy rules needs its operator"),
      (row(1, ["gid1": "FF"]), "plmn: gid1 and gid2 need it"),
      (row(1, ["matchingId": "../x"]), "matchingId: digits, capital letters and hyphens are wanted, or \"default\""),
      (row(1, ["matchingId": "default"]), "eid: an order for an SM-DS or for the default SM-DP+ needs the EID"),
      (row(1, ["colour": "red"]), "colour: there is no such column, or this template has no such parameter"),
      (row(0, ["profileName": "Other"]), "iccid: another order has it already"),
      (row(0, ["imsi": "001010123456780"]), "iccid: another order has it already"),
      (row(0, ["matchingId": "OTHER"]), "iccid: another order has it already"),
      (row(1, ["matchingId": "MINE"]), "matchingId: another order has it already"),
    ]
    let outcomes = try run([row(0, ["matchingId": "MINE"])] + failures.map(\.0) + [row(7)])
    #expect(outcomes.map(\.number) == Array(2..<(failures.count + 4)))
    for (outcome, failure) in zip(outcomes.dropFirst(), failures) {
      guard case .failure(let problem) = outcome.result else {
        Issue.record("\(failure.1) was taken")
        continue
      }
      #expect("\(problem)" == failure.1)
    }
    #expect(try store.read { try OrderBook.orders(in: $0) }.map(\.iccid) == [Fixture.iccid(0), Fixture.iccid(7)])
  }

  @Test("Rows that can all be stored share one commit") func oneCommit() throws {
    let before = store.counts.commits
    let outcomes = try run((0..<20).map { row($0) })
    #expect(outcomes.allSatisfy { (try? $0.result.get()) != nil })
    #expect(store.counts.commits == before + 1)
  }

  @Test("An import that was broken off is begun again: what is there stays as it is, however far it has come")
  func repeated() throws {
    let rows = (0..<4).map { row($0, $0 == 3 ? ["matchingId": "MINE"] : [:]) }
    let first = try run(Array(rows.prefix(2))).map { try $0.result.get() }
    var downloaded = first[1]
    try downloaded.move(to: .downloaded)
    try store.transaction {
      try OrderBook.update(first[1], to: downloaded, because: "test", now: given.now, in: $0)
    }
    for count in [2, 4] {
      let outcomes = try run(rows)
      #expect(outcomes.map(\.wasThere) == (0..<4).map { $0 < count })
      #expect(try outcomes[0].result.get() == first[0])
      #expect(try outcomes[1].result.get().state == .downloaded)
    }
    #expect(try store.read { try OrderBook.orders(in: $0) }.count == 4)
  }

  @Test("A ready-made package is kept once; one for another ICCID is refused")
  func packages() throws {
    let iccid = Fixture.iccid(1).digits
    let package = try Fixture.readyMade(Fixture.iccid(1))
    let rows = [
      ["iccid": iccid, "package": "a.der"], ["iccid": Fixture.iccid(0).digits, "package": "a.der"],
    ]
    let outcomes = try run(rows, files: ["a.der": package])
    let order = try outcomes[0].result.get()
    #expect(order.source == .package(sha256(package)))
    #expect(try store.read { try OrderBook.package(sha256(package), in: Fixture.vault, $0) } == package)
    #expect(throws: OrderImport.RowProblem.self) { try outcomes[1].result.get() }
    #expect(throws: OrderImport.RowProblem.self) {
      try run([["iccid": iccid, "package": "b"]])[0].result.get()
    }
  }
}
