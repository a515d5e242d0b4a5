import AuC
import Bytes
import Identifiers
import Keys
import Store
import TestStores
import Testing

@Suite("The authenticated record of what happened to subscribers", .overEveryStore) struct JournalTests {
  let lab: Laboratory

  init() throws {
    lab = try Laboratory(seed: "journal")
    for number in 1...5 { _ = try lab.subscribe(Laboratory.imsi(number), lab.milenage()) }
  }

  @Test("what was written is found whole, and its head changes with each event") func whole() throws {
    let before = try lab.desk.verifyJournal()
    #expect(before.sealed == 5 && before.broken.isEmpty && before.head.count == 32)
    try lab.desk.remove(Laboratory.imsi(1), now: lab.now, random: lab.random)
    let after = try lab.desk.verifyJournal()
    #expect(after.sealed == 6 && after.broken.isEmpty && after.head != before.head)
  }

  @Test("an event changed, or left out between others, is found; so is a seal that was changed") func forged() throws {
    try lab.store.transaction { try $0.executeOne("UPDATE event SET text = 'nothing' WHERE id = 2") }
    #expect(try lab.desk.verifyJournal().broken == [2])
    try lab.store.transaction { try $0.executeOne("DELETE FROM event WHERE id = 2") }
    #expect(try lab.desk.verifyJournal().broken == [2])
    try lab.store.transaction {
      try $0.executeOne("UPDATE auc_seal SET mac = $1 WHERE event = 4", [UInt8](repeating: 7, count: 32))
    }
    #expect(try lab.desk.verifyJournal().broken == [2, 4, 5])
  }

  @Test("events forgotten by age, the oldest first, are no forgery") func retention() throws {
    try lab.store.transaction { _ = try EventRecord.forget(before: lab.now + .seconds(1), limit: 3, in: $0) }
    let finding = try lab.desk.verifyJournal()
    #expect(finding.broken.isEmpty && finding.sealed == 2)
  }
}
