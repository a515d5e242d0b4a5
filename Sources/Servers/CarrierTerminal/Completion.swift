import Bytes
import HandsetRegistration
import Identifiers
import SecureMessages
import Store

extension Desk {
  /// The module has its ID and says so: from now on the network takes the new ID alone, and the books say who has it.
  /// The receipt may come late, twice, and from any dealer.
  func receipt(_ request: Request) throws -> [UInt8] {
    let receipt = try request.message(ReceiptDelivery.self).receipt
    guard let name = receipt.claimedChallenge, let course = try store.read({ try Course.find(name, in: $0) }),
      course.imsi != nil || !course.terminalModel.isEmpty
    else { throw RegistrationRefusal.outOfOrder }
    do {
      let body = try receipt.verified(from: course.knownModule(), to: settings.carrier.party, answering: name)
      guard body.imsi == course.imsi else { throw RegistrationRefusal.notAuthentic }
    } catch is SecureMessageError { throw RegistrationRefusal.notAuthentic }
    if course.state == .completed { return RegistrationCompleted().encoded }
    guard course.state == .delivered, request.now < course.expiry else { throw RegistrationRefusal.outOfOrder }
    try complete(course, by: request.dealer, now: request.now)
    return RegistrationCompleted().encoded
  }

  /// The pivot is the commit at the authentication centre; what follows is repeated until it is done.
  func complete(_ course: Course, by dealer: String? = nil, now: Instant) throws {
    guard course.kind != .terminal else { return try completeTerminal(course, by: dealer, now: now) }
    guard let application = course.application, let imsi = course.imsi else { throw RegistrationRefusal.failed }
    try network.commit(course.text, of: imsi, now: now)
    try office.settle(services: application.services, registration: application.registration, now: now)
    var completed = course
    completed.state = .completed
    try store.transaction { transaction in
      try save(completed, "WriteReceipt", by: dealer, at: now, in: transaction)
      try Registered(
        number: application.number, imsi: imsi, account: application.account,
        registration: application.registration, module: course.module, card: application.card,
        services: application.services
      ).save(now: now, in: transaction)
    }
  }

  /// Ends at most `limit` registrations whose time is over, and gives back what they held; returns how many. To be called
  /// now and then: nothing depends on when.
  public func sweep(limit: Int = 1000, now: Instant) throws -> Int {
    let courses = try store.read { try Course.expired(now, limit: limit, in: $0) }
    for course in courses {
      // One that had begun only, or was refused, may have an applicant all the same: somebody crashed at that moment.
      if course.state != .completed { try end(course, now: now) }
      try store.transaction { transaction in
        _ = try transaction.execute(
          "DELETE FROM carrier_course WHERE name = $1 AND expiry <= $2", course.name.bytes, now)
      }
    }
    _ = try store.transaction { try $0.execute("DELETE FROM carrier_start WHERE hour < $1", now.seconds / 3600 - 1) }
    return courses.count
  }

  /// Withdraws what a dealer was permitted: the registration ends now, unless its ID is in use already.
  public func withdraw(_ name: RegistrationName, now: Instant) throws {
    guard var course = try store.read({ try Course.find(name, in: $0) }),
      [.started, .offered, .delivered].contains(course.state)
    else { throw RegistrationRefusal.outOfOrder }
    try end(course, now: now)
    guard let left = try store.read({ try Course.find(name, in: $0) }), left.state != .completed else {
      throw RegistrationRefusal.outOfOrder
    }
    course = left
    course.cancel()
    try store.transaction { try save(course, "Withdrawn", at: now, in: $0) }
  }

  /// Gives back what an unfinished registration holds; one whose keys are in use is finished instead. May be repeated.
  private func end(_ course: Course, now: Instant) throws {
    if [.offered, .delivered].contains(course.state), course.application != nil, let imsi = course.imsi,
      try !network.abandon(course.text, of: imsi, now: now)
    {
      return try complete(course, now: now)
    }
    try office.giveBack(registration: course.text, now: now)
  }
}
