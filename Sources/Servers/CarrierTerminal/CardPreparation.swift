import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store

/// What else a registration terminal asks about a card: the password of its lot, and the erasure of a model.
extension Desk {
  /// Fig. 33 (*): the card has no carrier's key, and its lot's password is sealed to the terminal for this once.
  func password(_ request: Request) throws -> [UInt8] {
    let message: SealedRequest<PasswordRequest> = try request.message()
    let course = try course(message.name, request)
    guard course.state == .started, course.kind == .card else { throw RegistrationRefusal.outOfOrder }
    let wanted = try opened(message.sealed, course) { $0.modelKey }
    try checkTerminal(wanted.modelKey, wanted.permit, course, request)
    guard let password = try password(ofLot: course.lot) else { throw RegistrationRefusal.unknownModule }
    let party = Party.model(wanted.modelKey)
    let signed = try Signed(
      LotPassword(password: password), by: settings.carrier, to: party, answering: wanted.challenge)
    let sealed = try Sealed(
      signed, from: settings.carrier.party, to: KnownParty(party, key: wanted.key), answering: wanted.challenge)
    try store.transaction { transaction in
      try EventRecord.append(
        Event(
          at: request.now, party: Self.party, peer: request.dealer, kind: .exchanged, name: "PasswordRequest",
          correlation: course.text, body: .text("lot \(course.lot)")), in: transaction)
    }
    return PasswordDelivered(sealed: sealed).encoded
  }

  /// Command 7: a model that the carrier withdrew is erased from this card, in answer to its RDM.
  func erasure(_ request: Request) throws -> [UInt8] {
    let message: SealedRequest<ErasureRequest> = try request.message()
    var course = try course(message.name, request)
    if course.lastRequest == request.digest { return course.lastAnswer }
    guard course.state == .started, course.kind == .card else { throw RegistrationRefusal.outOfOrder }
    let wanted = try opened(message.sealed, course) { $0.modelKey }
    try checkTerminal(wanted.modelKey, wanted.permit, course, request)
    let row = try store.read { reader in
      try reader.first(
        "SELECT key, withdrawn FROM carrier_model WHERE name = $1 AND role = $2 ORDER BY withdrawn DESC, serial",
        wanted.model, ModelRole.handset.rawValue)
    }
    guard let row else { throw RegistrationRefusal.unknownModel }
    guard try row(1, as: Int.self) == 1 else { throw RegistrationRefusal.stillApproved }
    let key = try PublicKey(.p256, point: row(0, as: [UInt8].self))
    let withdrawal = try Signed(
      ModelWithdrawal(key: key), by: settings.carrier, to: .module(course.module), answering: course.rdm)
    course.state = .completed
    (course.lastRequest, course.lastAnswer) = (request.digest, ErasureDelivered(withdrawal: withdrawal).encoded)
    try store.transaction { try save(course, "ErasureRequest", by: request.dealer, at: request.now, in: $0) }
    return course.lastAnswer
  }

  private func checkTerminal(
    _ modelKey: PublicKey, _ permit: PermitUse, _ course: Course, _ request: Request
  ) throws {
    guard try approval(of: modelKey, as: .registrationTerminal, at: request.now) != nil else {
      throw RegistrationRefusal.unknownModel
    }
    try check(permit, course, request)
  }

  /// All models of handset that the carrier approves at `now`, the latest first, as many as one message brings.
  func approvedHandsets(at now: Instant) throws -> [Signed<ModelApproval>] {
    let rows = try store.read { reader in
      try reader.query(
        """
        SELECT serial, key, not_before, not_after FROM carrier_model
        WHERE role = $1 AND withdrawn = 0 AND not_before <= $2 AND not_after >= $2 ORDER BY serial DESC LIMIT $3
        """, ModelRole.handset.rawValue, now, InformationDelivered.approvalLimit)
    }
    return try rows.map { row in
      let key = try PublicKey(.p256, point: row(1, as: [UInt8].self))
      return try Signed(
        ModelApproval(key: key, role: .handset), by: settings.carrier,
        term: Term(serial: row(0), notBefore: row(2), notAfter: row(3)))
    }
  }
}
