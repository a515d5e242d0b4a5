import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store

extension Desk {
  /// Steps (m) to (o): "the carrier's terminal … checks if the decrypted KE_MSNm matches any one of the previously
  /// registered KE_MSNi. If there is no match, the registration is denied. … automatic investigation of the applicant's
  /// credit; if the result is OK, an assigned telephone number (DN) is received from the customer management system".
  func number(_ request: Request) throws -> [UInt8] {
    let message: SealedRequest<NumberRequest> = try request.message()
    var course = try course(message.name, request)
    if course.lastRequest == request.digest { return course.lastAnswer }
    // Once a number is taken, no other is offered.
    guard [.started, .offered].contains(course.state), course.imsi == nil else { throw RegistrationRefusal.outOfOrder }
    let wanted = try opened(message.sealed, course) { $0.modelKey }
    try check(wanted, course, request)
    do {
      let application = try applied(wanted, course, request)
      let next = Challenge(random: request.random)
      let model = KnownParty(.model(wanted.modelKey), key: wanted.modelKey)
      let offer = try Signed(
        NumberOffer(number: application.number, challenge: next), by: settings.carrier, to: model.party,
        answering: wanted.challenge)
      let sealed = try Sealed(offer, from: settings.carrier.party, to: model, answering: wanted.challenge)
      (course.application, course.challenge, course.state) = (application, next, .offered)
      (course.lastRequest, course.lastAnswer) = (request.digest, NumberOffered(sealed: sealed).encoded)
    } catch RegistrationRefusal.creditRefused {
      // The permit is used up: who was refused begins again, and is asked about again.
      course.state = .ended
      (course.lastRequest, course.lastAnswer) = (request.digest, RegistrationRefused(.creditRefused).encoded)
    }
    do {
      try store.transaction { try save(course, "NumberRequest", by: request.dealer, at: request.now, in: $0) }
    } catch StoreError.conflict {
      // The registration may have ended while the credit company was asked, before its applicant stood in the books.
      if try isOver(course.name) { try office.giveBack(registration: course.text, now: request.now) }
      throw StoreError.conflict
    }
    // Whoever was refused applies no more; where a crash comes first, the sweep does it.
    if course.state == .ended { try office.giveBack(registration: course.text, now: request.now) }
    return course.lastAnswer
  }

  private func isOver(_ name: RegistrationName) throws -> Bool {
    try store.read { try Course.find(name, in: $0) }.map { $0.state == .ended } ?? true
  }

  private func check(_ wanted: NumberRequest, _ course: Course, _ request: Request) throws {
    try check(wanted.presence, course)
    // "KE_A is used, instead of KE_MSN, when making a request" about a card.
    let role: ModelRole = course.kind == .card ? .registrationTerminal : .handset
    guard try approval(of: wanted.modelKey, as: role, at: request.now) != nil else {
      throw RegistrationRefusal.unknownModel
    }
    try check(wanted.permit, course, request)
    guard try office.has(services: wanted.services) else { throw RegistrationRefusal.unknownService }
    // Model and purpose of a registration stay what they were when the first number was offered.
    if let before = course.application {
      guard before.modelKey == wanted.modelKey.point, before.purpose == wanted.purpose else {
        throw RegistrationRefusal.outOfOrder
      }
    }
  }

  private func applied(_ wanted: NumberRequest, _ course: Course, _ request: Request) throws -> Course.Application {
    guard wanted.purpose == .new else { return try changed(wanted, course, request) }
    let account: Int
    if let before = course.application, before.card == digest(wanted.creditCard) {
      account = before.account
    } else {
      account = try office.account(for: wanted.creditCard, registration: course.text, now: request.now)
    }
    // "If the displayed telephone number is not one that the applicant desires, the process returns to step m."
    let refused = course.application.map(\.number)
    let number = try office.offer(to: account, refused: refused, now: request.now)
    return Course.Application(
      purpose: .new, modelKey: wanted.modelKey.point, services: wanted.services, card: digest(wanted.creditCard),
      account: account, number: number, registration: course.text)
  }

  /// A2 to A4: the number is the subscriber's own. After a repair the unit may be another, so the credit card tells who
  /// it is; for other changes the subscriber's module is here and says so itself.
  private func changed(_ wanted: NumberRequest, _ course: Course, _ request: Request) throws -> Course.Application {
    guard let number = wanted.number, let found = try registered(number) else {
      throw RegistrationRefusal.wrongNumber
    }
    let card = digest(wanted.creditCard)
    switch wanted.purpose {
    case .new, .repair: guard equalInConstantTime(found.card, card) else { throw RegistrationRefusal.wrongNumber }
    case .services:
      guard found.module == course.module, equalInConstantTime(found.card, card) else {
        throw RegistrationRefusal.wrongNumber
      }
    case .creditCard:
      guard found.module == course.module else { throw RegistrationRefusal.wrongNumber }
      try office.checkCredit(ofAccount: found.account, card: wanted.creditCard, now: request.now)
    }
    let services = wanted.purpose == .services ? wanted.services : found.services
    return Course.Application(
      purpose: wanted.purpose, modelKey: wanted.modelKey.point, services: services, card: card,
      account: found.account, number: number, registration: found.registration)
  }
}
