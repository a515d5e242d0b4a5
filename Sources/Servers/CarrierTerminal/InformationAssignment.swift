import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store

extension Desk {
  /// Steps (r) to (t): the ID is made, its keys are prepared at the authentication centre, and it goes to the module
  /// together with the model's approval. The network takes it only after the module's receipt.
  func information(_ request: Request) throws -> [UInt8] {
    let message: SealedRequest<InformationRequest> = try request.message()
    var course = try course(message.name, request)
    if course.lastRequest == request.digest { return course.lastAnswer }
    guard course.state == .offered, let application = course.application else {
      throw RegistrationRefusal.outOfOrder
    }
    let modelKey = try PublicKey(.p256, point: application.modelKey)
    let wanted = try opened(message.sealed, course) { _ in modelKey }
    guard wanted.number == application.number else { throw RegistrationRefusal.wrongNumber }
    let approvals = try approvals(for: modelKey, of: course, at: request.now)

    let imsi =
      application.purpose == .new
      ? try office.assign(
        application.number, to: application.account, registration: course.text, now: request.now)
      : try currentIMSI(of: application)
    try endEarlier(of: imsi, than: course, request)
    if course.imsi == nil {
      // Durable before keys are prepared under it, so that they are found again.
      course.imsi = imsi
      try store.transaction {
        try save(course, "IMSI", by: request.dealer, at: request.now, in: $0)
      }
      course.version += 1
    }
    let keys = try course.keys(vault)
    try network.prepare(keys, of: imsi, as: course.text, now: request.now)

    let information = PublicInformation(
      number: application.number, imsi: imsi, msi: course.module, pattern: settings.pattern,
      services: application.services)
    course.state = .delivered
    course.expiry = request.now + settings.receiptLifetime
    course.lastRequest = request.digest
    course.lastAnswer =
      InformationDelivered(
        approvals: approvals, information: try sealed(information, course, keys)
      ).encoded
    try store.transaction { try save(course, "InformationRequest", by: request.dealer, at: request.now, in: $0) }
    return course.lastAnswer
  }

  /// The handset's own model; for a card all models that may read it (Fig. 22 (e)). The model that asked is approved still.
  private func approvals(for modelKey: PublicKey, of course: Course, at now: Instant) throws -> [Signed<ModelApproval>]
  {
    let role: ModelRole = course.kind == .card ? .registrationTerminal : .handset
    guard let own = try approval(of: modelKey, as: role, at: now) else { throw RegistrationRefusal.unknownModel }
    return course.kind == .card ? try approvedHandsets(at: now) : [own]
  }

  private func currentIMSI(of application: Course.Application) throws -> IMSI {
    guard let found = try registered(application.number) else { throw RegistrationRefusal.wrongNumber }
    return found.imsi
  }

  /// Of an IMSI, one ID at most waits for its receipt: an earlier one that never came, or comes too late, is void. One
  /// whose keys are in use has only its end in the books still before it.
  private func endEarlier(of imsi: IMSI, than course: Course, _ request: Request) throws {
    for var earlier in try store.read({ try Course.open(imsi, in: $0) }) where earlier.name != course.name {
      guard try network.abandon(earlier.text, of: imsi, now: request.now) else {
        try complete(earlier, now: request.now)
        continue
      }
      earlier.cancel()
      try store.transaction { try save(earlier, "Superseded", by: request.dealer, at: request.now, in: $0) }
    }
  }
}
