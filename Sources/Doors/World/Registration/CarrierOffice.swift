import AuC
import Bytes
import CarrierTerminal
import CustomerManagement
import HandsetRegistration
import Identifiers
import Keys

/// Says whether the holder of a credit card may have credit.
public protocol CreditCompany: Sendable {
  /// The answer about a card.
  func answer(about card: CreditCardNumber) -> CreditAnswer
}

/// Customer management and the credit company, as the carrier's terminal needs them.
public struct CarrierOffice: Office {
  /// The profile type of modules' IMSIs in the SIM stock.
  public static let profileType = "handset"
  /// What an applicant must be good for, in cents.
  private static let credit = 100_00

  private let desk: CustomerManagement.Desk
  private let company: any CreditCompany
  private let pool: String

  /// Numbers come from `pool`; credit is asked of `company`.
  public init(_ desk: CustomerManagement.Desk, pool: String, company: any CreditCompany) {
    (self.desk, self.pool, self.company) = (desk, pool, company)
  }

  private struct Check: CreditCheck {
    let name = "credit company"
    let company: any CreditCompany
    let card: CreditCardNumber
    func answer(to inquiry: CreditInquiry) -> CreditAnswer { company.answer(about: card) }
  }

  public func account(for card: CreditCardNumber, registration: String, now: Instant) throws -> Int {
    let id = try applicant("Registration \(registration), card \(card)", registration, now)
    try checkCredit(ofAccount: id, card: card, now: now)
    return id
  }

  /// Who applies by a registration; nobody any more where it is over.
  private func applicant(_ name: String, _ registration: String, _ now: Instant) throws -> Int {
    let applicant = try desk.apply(Subscriber.Particulars(name: name), by: registration, now: now)
    guard applicant.state != .former else { throw RegistrationRefusal.outOfOrder }
    return applicant.id
  }

  /// Stands in for an applicant who is not known yet: lets his number be held, and lends nothing.
  private struct Trust: CreditCheck {
    let name: String
    func answer(to inquiry: CreditInquiry) -> CreditAnswer {
      inquiry.amount == 0 ? .approved(limit: 0) : .unknown("the applicant is not known")
    }
  }

  public func account(inTrustOf dealer: String, registration: String, now: Instant) throws -> Int {
    let id = try applicant("Registration \(registration)", registration, now)
    let answer = try desk.checkCredit(ofSubscriber: id, amount: 0, by: Trust(name: "dealer \(dealer)"), now: now)
    guard case .approved = answer else { throw RegistrationRefusal.creditRefused }
    return id
  }

  public func checkCredit(ofAccount account: Int, card: CreditCardNumber, now: Instant) throws {
    switch try desk.checkCredit(
      ofSubscriber: account, amount: Self.credit, by: Check(company: company, card: card), now: now)
    {
    case .approved: return
    case .refused: throw RegistrationRefusal.creditRefused
    case .unknown, .noAnswer: throw RegistrationRefusal.creditUnknown
    }
  }

  public func has(services: [String]) throws -> Bool {
    let catalogue = try desk.catalogue().services
    return services.allSatisfy { catalogue[$0] != nil }
  }

  public func offer(to account: Int, refused: String?, now: Instant) throws -> String {
    if let refused {
      // Whose time is over is held by nobody, so there is nothing to refuse.
      do { try desk.refuse(TelephoneNumber(refused), by: account, now: now) } catch CustomerError.numberNotHeld {}
    }
    do {
      guard let number = try desk.offer(of: pool, to: account, now: now).first else {
        throw RegistrationRefusal.noNumber
      }
      return number.description
    } catch CustomerError.poolExhausted { throw RegistrationRefusal.noNumber }
  }

  public func assign(_ number: String, to account: Int, registration: String, now: Instant) throws -> IMSI {
    let subscription: Int
    if let there = try desk.subscriptions(ofSubscriber: account).first(where: { $0.state != .ended }) {
      subscription = there.id
    } else {
      let number = try TelephoneNumber(number)
      do { try desk.reserve(number, for: account, now: now) } catch CustomerError.notAllowed {
        throw RegistrationRefusal.wrongNumber
      }
      subscription = try desk.subscribe(account, number: number, now: now)
    }
    return try desk.takeSIM(
      for: registration, profileType: Self.profileType, subscription: subscription, now: now
    ).imsi
  }

  public func settle(services: [String], registration: String, now: Instant) throws {
    try desk.putSIMIntoUse(of: registration, now: now)
    let sim = try desk.takeSIM(for: registration, profileType: Self.profileType, subscription: nil, now: now)
    guard let subscription = sim.subscription else { return }
    for service in try desk.services(ofSubscription: subscription) where !services.contains(service) {
      try desk.remove(service: service, from: subscription, withDependents: true, now: now)
    }
    for service in services { try desk.add(service: service, to: subscription, withNeeded: true, now: now) }
  }

  public func giveBack(registration: String, now: Instant) throws {
    guard let applicant = try desk.applicant(by: registration) else { return }
    for subscription in try desk.subscriptions(ofSubscriber: applicant.id) where subscription.state != .ended {
      try desk.giveBackSIM(of: registration, now: now)
      try desk.end(subscription.id, now: now)
    }
    try desk.dismiss(applicant.id, now: now)
  }
}

/// The authentication centre, as the carrier's terminal needs it: MSN-key is K, MSI-key is OPc.
public struct CarrierNetwork: NetworkKeys {
  private let centre: AuC.Desk
  private let random: any RandomSource

  /// Keys go to `centre`.
  public init(_ centre: AuC.Desk, random: any RandomSource) { (self.centre, self.random) = (centre, random) }

  public func prepare(_ keys: AuthenticationKeys, of imsi: IMSI, as change: String, now: Instant) throws {
    let credentials = try Credentials(k: keys.msnKey, algorithm: .milenage(opc: keys.msiKey))
    try centre.prepare(
      AuC.Subscriber(imsi: imsi, credentials: credentials), as: named(change), now: now, random: random)
  }

  public func commit(_ change: String, of imsi: IMSI, now: Instant) throws {
    try centre.commit(named(change), of: imsi, now: now, random: random)
  }

  public func abandon(_ change: String, of imsi: IMSI, now: Instant) throws -> Bool {
    do { try centre.abandon(named(change), of: imsi, now: now, random: random) } catch AuCError.changeCommitted {
      return false
    }
    return true
  }

  private func named(_ change: String) throws -> ChangeID {
    guard let name = ChangeID(change) else { throw RegistrationRefusal.failed }
    return name
  }
}
