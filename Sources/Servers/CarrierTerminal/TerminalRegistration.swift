import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store

/// The IC-card registration terminal at the carrier: its own registration and its authentication (Figs 29, 30, 32).
extension Desk {
  /// Fig. 30 (l, m): "the dealer number and KE_A, which are then compared with the dealer numbers and KE_A's stored in the
  /// carrier's terminal for a match". ID_A goes to the terminal's module, with the model's approval.
  func terminal(_ request: Request) throws -> [UInt8] {
    let message: SealedRequest<TerminalRequest> = try request.message()
    var course = try course(message.name, request)
    if course.lastRequest == request.digest { return course.lastAnswer }
    guard course.state == .started, course.kind == .terminal else { throw RegistrationRefusal.outOfOrder }
    let wanted = try opened(message.sealed, course) { $0.modelKey }
    try check(wanted.presence, course)
    guard let approval = try approval(of: wanted.modelKey, as: .registrationTerminal, at: request.now) else {
      throw RegistrationRefusal.unknownModel
    }
    guard wanted.dealer == request.dealer else { throw RegistrationRefusal.unknownDealer }
    let identity = PublicInformation(
      number: wanted.dealer, imsi: nil, msi: course.module, pattern: settings.pattern, services: [])
    course.terminalModel = wanted.modelKey.point
    course.state = .delivered
    course.expiry = request.now + settings.receiptLifetime
    course.lastRequest = request.digest
    course.lastAnswer =
      InformationDelivered(
        approvals: [approval], information: try sealed(identity, course, course.keys(vault))
      ).encoded
    try store.transaction { transaction in
      try save(course, "TerminalRequest", by: request.dealer, at: request.now, in: transaction)
      try RegisteredTerminal.await(course, in: transaction)
    }
    return course.lastAnswer
  }

  /// The terminal's module has ID_A: permits are given from now on.
  func completeTerminal(_ course: Course, by dealer: String?, now: Instant) throws {
    var completed = course
    completed.state = .completed
    try store.transaction { transaction in
      guard try RegisteredTerminal.enter(course, in: transaction) else { throw RegistrationRefusal.outOfOrder }
      try save(completed, "WriteReceipt", by: dealer, at: now, in: transaction)
    }
  }

  /// Fig. 32 (h, i): "decrypts the data to recover KE_A and ID_A, and if they are correct, sends an IC card write permit
  /// notice". A permit is for one card.
  func permit(_ request: Request) throws -> [UInt8] {
    let message: SealedRequest<PermitRequest> = try request.message()
    var course = try course(message.name, request)
    if course.lastRequest == request.digest { return course.lastAnswer }
    guard course.state == .started, course.kind == .terminal else { throw RegistrationRefusal.outOfOrder }
    let wanted = try opened(message.sealed, course) { $0.modelKey }
    try check(wanted.presence, course)
    guard try approval(of: wanted.modelKey, as: .registrationTerminal, at: request.now) != nil else {
      throw RegistrationRefusal.unknownModel
    }
    guard let terminal = try store.read({ try RegisteredTerminal.find(course.module, in: $0) }),
      terminal.dealer == request.dealer, terminal.model == wanted.modelKey.point,
      let proof = try terminal.proof(for: settings.carrier.party, answering: course.challenge, vault)
    else { throw RegistrationRefusal.unknownTerminal }
    let identity = PublicInformation(
      number: terminal.dealer, imsi: nil, msi: course.module, pattern: settings.pattern, services: [])
    guard wanted.information == identity, equalInConstantTime(wanted.proof, proof) else {
      throw RegistrationRefusal.unknownTerminal
    }
    let until = request.now + settings.courseLifetime
    let permit = WritePermit(name: course.name, until: until)
    let model = KnownParty(.model(wanted.modelKey), key: wanted.modelKey)
    let signed = try Signed(permit, by: settings.carrier, to: model.party, answering: wanted.challenge)
    let sealed = try Sealed(signed, from: settings.carrier.party, to: model, answering: wanted.challenge)
    course.state = .completed
    (course.lastRequest, course.lastAnswer) = (request.digest, PermitGranted(sealed: sealed).encoded)
    try store.transaction { transaction in
      try save(course, "PermitRequest", by: request.dealer, at: request.now, in: transaction)
      _ = try transaction.execute(
        "INSERT INTO carrier_permit (name, terminal, dealer, expiry) VALUES ($1, $2, $3, $4)", permit.name.bytes,
        course.module.bytes, request.dealer, until)
      _ = try transaction.execute("DELETE FROM carrier_permit WHERE expiry <= $1", request.now)
    }
    return course.lastAnswer
  }

  /// Whether this registration may go on: a card's by the permit of a terminal whose module is here, which from now on is
  /// for this card alone; a handset's without one.
  func check(_ use: PermitUse?, _ course: Course, _ request: Request) throws {
    guard course.kind == .card else {
      guard course.kind == .handset, use == nil else { throw RegistrationRefusal.outOfOrder }
      return
    }
    guard let use else { throw RegistrationRefusal.noPermit }
    try store.transaction { transaction in
      let row = try transaction.first(
        "SELECT terminal FROM carrier_permit WHERE name = $1 AND dealer = $2 AND expiry > $3", use.permit.bytes,
        request.dealer, request.now)
      guard let number = try row.flatMap({ ModuleNumber(try $0(0)) }),
        let terminal = try RegisteredTerminal.find(number, in: transaction)
      else { throw RegistrationRefusal.noPermit }
      do {
        _ = try use.presence.verified(
          from: terminal.known, to: settings.carrier.party, answering: course.challenge)
      } catch is SecureMessageError { throw RegistrationRefusal.notAuthentic }
      let taken = try transaction.execute(
        "UPDATE carrier_permit SET course = $2 WHERE name = $1 AND (course IS NULL OR course = $2)", use.permit.bytes,
        course.name.bytes)
      guard taken == 1 else { throw RegistrationRefusal.noPermit }
    }
  }
}
