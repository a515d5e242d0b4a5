import Identifiers
import OrderDesk
import SGP22
import SMDPPlus
import TestStores
import Testing

@Suite("Orders whose profile is not installed", .overEveryStore) struct FailedInstallationTests {
  /// An order that is released, and its SIM.
  private func released(_ operation: Operation) throws -> (id: String, sim: OrderDesk.SIM) {
    let id = try operation.place(operation.subscription()).id
    try operation.settle()
    return (id, try #require(try operation.desk.order(id).sim))
  }

  @Test("SGP.22 §3.1.6: failed for good, the order says which element, nobody gets the profile again, another may come")
  func forGood() throws {
    let operation = try Operation()
    let (id, sim) = try released(operation)
    try operation.fail(sim.iccid, delivered: true)
    var refusal = Refusal.euiccFailed
    refusal.message = "not installed: loadProfileElements; element 7 (securityDomain): 6985"
    let data = Operation.errorResult(.installFailedDueToPEProcessingError)
    for _ in 0..<2 {
      #expect(operation.report(sim.iccid, .failed(refusal), eid: Fixed.eid, data: data).status == 204)
    }
    try operation.settle()
    let order = try operation.desk.order(id)
    #expect(order.state == .failed && order.isSpoiled && order.activationCode == nil)
    #expect(order.ending?.contains("element 7 (securityDomain): 6985") == true)
    #expect(order.ending?.hasSuffix("loadProfileElements: installFailedDueToPEProcessingError") == true)
    #expect(try operation.state(sim.iccid) == .unavailable)
    #expect(throws: Refused.self) { try operation.centre.check(sim) }
    try operation.expectAgreement([id], "not installed")

    let second = try operation.desk.replace(id, now: operation.now, random: operation.random).id
    try operation.settle()
    let other = try #require(try operation.desk.order(second).sim)
    #expect(other != sim)
    try operation.download(other.iccid)
    _ = operation.report(other.iccid)
    try operation.settle()
    try operation.expectAgreement([id, second], "replaced")
    #expect(operation.centre.isActive(other.imsi))
  }

  @Test(
    "What may pass leaves the activation code valid: the same device tries again",
    arguments: [ErrorReason.installFailedDueToInterruption, .installFailedDueToInsufficientMemoryForProfile])
  func again(reason: ErrorReason) throws {
    let operation = try Operation()
    let (id, sim) = try released(operation)
    let data = Operation.errorResult(reason)
    #expect(operation.report(sim.iccid, .failed(.insufficientMemory), data: data).status == 204)
    try operation.settle()
    let order = try operation.desk.order(id)
    #expect(order.state == .released && order.failure == nil && order.activationCode != nil)
    #expect(order.progress?.failure?.contains("\(reason)") == true)
    try operation.download(sim.iccid)
    _ = operation.report(sim.iccid)
    try operation.settle()
    try operation.expectAgreement([id], "again")
    #expect(try operation.desk.order(id).state == .active)
  }

  @Test(
    "An order that ended before the profile was given to a device sets SIM and profile free",
    arguments: [
      (Refusal.euiccFailed, ES2Plus.HandleDownloadProgressInfo.NotificationPoint.eligibilityAndRetryLimitCheck),
      (.downloadRetriesExceeded, .eligibilityAndRetryLimitCheck),
      (.downloadOrderExpired, .eligibilityAndRetryLimitCheck),
      (.confirmationCodeRetriesExceeded, .confirmationFailure),
    ])
  func undelivered(refusal: Refusal, point: ES2Plus.HandleDownloadProgressInfo.NotificationPoint) throws {
    let operation = try Operation()
    let (id, sim) = try released(operation)
    try operation.fail(sim.iccid, delivered: false)
    #expect(operation.report(sim.iccid, .failed(refusal), at: point).status == 204)
    try operation.settle()
    #expect(try operation.desk.order(id).state == .failed)
    try operation.expectAgreement([id], "\(refusal)")
  }

  @Test("A wrong confirmation code that may be entered again ends nothing") func wrongCode() throws {
    let operation = try Operation()
    let (id, sim) = try released(operation)
    #expect(operation.report(sim.iccid, .failed(.confirmationCodeRefused), at: .confirmationFailure).status == 204)
    try operation.settle()
    #expect(try operation.desk.order(id).state == .released)
  }

  @Test("A late failure does not undo an installation, nor a late success a failure") func late() throws {
    let operation = try Operation()
    let (id, sim) = try released(operation)
    try operation.download(sim.iccid)
    _ = operation.report(sim.iccid)
    _ = operation.report(sim.iccid, .failed(.euiccFailed))
    try operation.settle()
    #expect(try operation.desk.order(id).state == .active)
    let (other, otherSIM) = try released(operation)
    try operation.fail(otherSIM.iccid, delivered: true)
    _ = operation.report(otherSIM.iccid, .failed(.euiccFailed))
    _ = operation.report(otherSIM.iccid)
    try operation.settle()
    #expect(try operation.desk.order(other).state == .failed)
    try operation.expectAgreement([id, other], "late")
  }
}
