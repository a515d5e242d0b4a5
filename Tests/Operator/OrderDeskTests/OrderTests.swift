import Bytes
import Identifiers
import OrderDesk
import SGP22
import SMDPPlus
import Store
import TLV
import TestStores
import Testing
import Transport

@Suite("Orders", .overEveryStore) struct OrderTests {
  @Test("An order becomes an activation code, and after the install report a SIM that works") func wholeWay() throws {
    let operation = try Operation()
    let subscription = try operation.subscription()
    let placed = try operation.place(subscription)
    #expect(placed.state == .placed && placed.activationCode == nil)
    try operation.settle()
    let order = try operation.desk.order(placed.id)
    let sim = try #require(order.sim)
    #expect(order.state == .released)
    #expect(order.activationCode?.smdpAddress.description == Fixed.address)
    #expect(order.activationCode?.confirmationCodeRequired == false)
    #expect(operation.line.calls == ["downloadOrder", "confirmOrder", "releaseProfile"])
    #expect(!operation.centre.isActive(sim.imsi))
    try operation.download(sim.iccid)
    #expect(!operation.centre.isActive(sim.imsi), "nothing is let in before the report")
    #expect(operation.report(sim.iccid, eid: Fixed.eid).status == 204)
    #expect(operation.report(sim.iccid, eid: Fixed.eid).status == 204, "a report may come twice")
    try operation.settle()
    let done = try operation.desk.order(placed.id)
    #expect(done.state == .active && done.eid == Fixed.eid && done.installedAt != nil)
    #expect(operation.centre.isActive(sim.imsi))
    #expect(try operation.customers.subscription(subscription).state == .active)
    try operation.expectAgreement([placed.id], "whole way")
    #expect(throws: OrderError.self) { try operation.desk.cancel(placed.id, because: "late", now: operation.now) }
  }

  @Test("SGP.22 §4.1: an order with a confirmation code says so in its activation code; showing it is noted")
  func confirmationCode() throws {
    let operation = try Operation()
    let placed = try operation.place(code: "4711")
    try operation.settle()
    let order = try operation.desk.order(placed.id)
    #expect(order.activationCode?.text.hasSuffix("$$1") == true)
    let sim = try #require(order.sim)
    let there = try operation.serverStore.read { try OrderBook.order(sim.iccid, in: $0) }
    #expect(there?.terms.confirmationHash != nil)
    let shown = try operation.desk.revealConfirmationCode(of: order.id, to: "ada", now: operation.now)
    #expect(shown == Secret(Array("4711".utf8)))
    #expect(try operation.desk.history(of: order.id).last?.event.body == .text("shown to ada"))
    let stored = try operation.store.read { try $0.query("SELECT confirmation FROM esim_order") }
    #expect("\(stored)".contains("4711") == false)
  }

  @Test("SGP.22 §2.6.6: a report without a known certificate installs nothing", arguments: [nil, [0x30, 0x00]])
  func strangers(certificate: [UInt8]?) throws {
    let operation = try Operation()
    let id = try operation.place().id
    try operation.settle()
    let sim = try #require(try operation.desk.order(id).sim)
    #expect(operation.report(sim.iccid, certificate: certificate).status == 403)
    try operation.settle()
    #expect(try operation.desk.order(id).state == .released)
    #expect(!operation.centre.isActive(sim.imsi))
  }

  @Test("Reports that do not fit are noted and change nothing") func doubtfulReports() throws {
    let operation = try Operation()
    let early = try operation.place(eid: Fixed.eid)
    try operation.runner.run(now: operation.now)
    let sim = try #require(try operation.desk.order(early.id).sim)
    // Before there is an activation code.
    #expect(operation.report(sim.iccid).status == 204)
    try operation.settle()
    // From another eUICC, about a failure, with the eUICC's own error, with rubbish, about an unknown profile.
    #expect(operation.report(sim.iccid, eid: Fixed.otherEID).status == 204)
    #expect(operation.report(sim.iccid, .failed(.confirmationCodeRefused), eid: Fixed.eid).status == 204)
    #expect(operation.report(sim.iccid, eid: Fixed.eid, data: [0xA2, 0x02, 0xA1, 0x00]).status == 204)
    #expect(operation.report(sim.iccid, eid: Fixed.eid, data: [0xFF]).status == 204)
    #expect(operation.report(try Fixed.iccid(77)).status == 204)
    #expect(operation.report(sim.iccid, at: .bppDownload, eid: Fixed.eid).status == 204)
    try operation.settle()
    let order = try operation.desk.order(early.id)
    #expect(order.state == .released && order.installedAt == nil)
    #expect(order.progress?.point == .bppDownload && order.progress?.failure == nil)
    #expect(try operation.desk.history(of: early.id).filter { $0.event.kind == .refused }.count == 4)
    // With a success in the eUICC's words it counts.
    let success = ProfileInstallationResultData.FinalResult.successResult(
      SuccessResult(
        aid: try AID([0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0, 0, 0x11, 0]),
        simaResponse: [0x30, 0x02, 0xA0, 0x00]))
    #expect(operation.report(sim.iccid, eid: Fixed.eid, data: Verbatim(success, tag: 0xA2).encoded).status == 204)
    #expect(try operation.desk.order(early.id).installedAt != nil)
  }

  @Test(
    "What is no report is refused by HTTP's status",
    arguments: [
      ("POST", ES2Plus.HandleDownloadProgressInfo.path, "{", 400),
      ("GET", ES2Plus.HandleDownloadProgressInfo.path, "", 400),
      ("POST", "/", "{}", 404),
      ("POST", ES2Plus.HandleDownloadProgressInfo.path, String(repeating: " ", count: 70_000), 400),
    ])
  func malformed(method: String, path: String, body: String, status: Int) throws {
    let message = Message(
      method: method, host: "operator.example", path: path, body: Array(body.utf8),
      peerCertificate: Fixed.serverCertificate)
    #expect(try Operation().route.respond(to: message).status == status)
  }

  @Test("Cancelled: profile and SIM are free again, and the code is gone") func cancellation() throws {
    let operation = try Operation()
    let id = try operation.place(operation.subscription()).id
    try operation.settle()
    try operation.desk.cancel(id, because: "changed my mind", now: operation.now)
    try operation.settle()
    let order = try operation.desk.order(id)
    #expect(order.state == .cancelled && order.ending == "changed my mind" && order.activationCode == nil)
    try operation.expectAgreement([id], "cancelled")
  }

  @Test("A device that is faster than the cancellation keeps the profile: the order goes on") func tooLate() throws {
    let operation = try Operation()
    let id = try operation.place().id
    try operation.settle()
    let sim = try #require(try operation.desk.order(id).sim)
    try operation.download(sim.iccid)
    try operation.desk.cancel(id, because: "changed my mind", now: operation.now)
    try operation.settle()
    #expect(try operation.desk.order(id).state == .released)
    _ = operation.report(sim.iccid)
    try operation.settle()
    try operation.expectAgreement([id], "too late")
    #expect(try operation.desk.order(id).state == .active)
  }

  @Test("A replacement lets the former SIM work until its own does, and then shuts it out") func replacement() throws {
    let operation = try Operation()
    let first = try operation.place(operation.subscription()).id
    try operation.settle()
    let old = try #require(try operation.desk.order(first).sim)
    try operation.download(old.iccid)
    _ = operation.report(old.iccid)
    try operation.settle()
    let second = try operation.desk.replace(first, now: operation.now, random: operation.random).id
    try operation.settle()
    #expect(operation.centre.isActive(old.imsi))
    let new = try #require(try operation.desk.order(second).sim)
    try operation.download(new.iccid)
    _ = operation.report(new.iccid)
    try operation.settle()
    #expect(try operation.desk.order(first).state == .replaced)
    #expect(try operation.desk.order(second).former == old)
    #expect(!operation.centre.isActive(old.imsi) && operation.centre.isActive(new.imsi))
    try operation.expectAgreement([first, second], "replaced")
  }

  @Test("What somebody refuses undoes the order: no SIM, no keys, no such profile") func refusals() throws {
    let operation = try Operation(sims: 2)
    operation.centre.forget(try Fixed.imsi(0))
    let keyless = try operation.place().id
    try operation.settle()
    #expect(try operation.desk.order(keyless).state == .failed)
    #expect(try operation.desk.order(keyless).ending == "no keys for \(try Fixed.imsi(0))")
    try operation.expectAgreement([keyless], "no keys")
    let ended = try operation.subscription()
    try operation.customers.end(ended, now: operation.now)
    let homeless = try operation.place(ended).id
    let strange = try operation.desk.place(
      OrderRequest(profileType: "unknown"), now: operation.now, random: operation.random
    ).id
    try operation.settle()
    #expect(try operation.desk.order(homeless).state == .failed)
    #expect(try operation.desk.order(strange).ending?.contains("\"unknown\"") == true)
  }

  @Test("A reference names one order: the same again is that order, another is refused") func reference() throws {
    let operation = try Operation()
    func place(_ profileType: String, code: String? = nil) throws -> String {
      let code = code.map { Secret(Array($0.utf8)) }
      let request = try OrderRequest(profileType: profileType, confirmationCode: code, reference: "R-1")
      return try operation.desk.place(request, now: operation.now, random: operation.random).id
    }
    let id = try place("consumer", code: "12")
    #expect(try place("consumer", code: "12") == id)
    try operation.settle()
    #expect(try place("consumer", code: "12") == id)
    #expect(throws: OrderError.knownReference("R-1")) { try place("consumer", code: "13") }
    #expect(throws: OrderError.knownReference("R-1")) { try place("other", code: "12") }
    #expect(try operation.desk.counts() == [.released: 1])
  }
}
