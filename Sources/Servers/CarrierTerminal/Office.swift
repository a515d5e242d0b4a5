import HandsetRegistration
import Identifiers

/// What the carrier's terminal needs of customer management and the credit company. Doors connect it.
///
/// A call whose outcome is not known is repeated with the same `registration`, the registration's name: nobody gets a
/// second number or IMSI by it.
public protocol Office: Sendable {
  /// Step (n): asks the credit company about an applicant; the applicant's account, one for each registration. Refused with
  /// ``RegistrationRefusal/creditRefused``, or with ``RegistrationRefusal/creditUnknown`` where the company says neither
  /// yes nor no, so that it may be asked again.
  func account(for card: CreditCardNumber, registration: String, now: Instant) throws -> Int
  /// An account for an applicant who is not known yet: an off-line batch's ID is his. Until he is known, `dealer` stands
  /// in for him, whom the carrier has admitted.
  func account(inTrustOf dealer: String, registration: String, now: Instant) throws -> Int
  /// Asks the credit company about the holder of an account who shows a card: an applicant for whom a dealer stood in until
  /// now (A5), or a subscriber who brings another card (A4). Refused as above.
  func checkCredit(ofAccount account: Int, card: CreditCardNumber, now: Instant) throws
  /// Whether the catalogue has all `services`.
  func has(services: [String]) throws -> Bool
  /// Step (n): a number for the applicant, other than the `refused` one.
  func offer(to account: Int, refused: String?, now: Instant) throws -> String
  /// Step (s): the offered number is the applicant's; under which IMSI.
  func assign(_ number: String, to account: Int, registration: String, now: Instant) throws -> IMSI
  /// The subscriber's module has its ID: the services hold from now on. `registration` is the one that assigned the
  /// number.
  func settle(services: [String], registration: String, now: Instant) throws
  /// The registration ended without an ID: what it was given is free again, and who applied by it applies no more. Nothing
  /// happens where nobody did.
  func giveBack(registration: String, now: Instant) throws
}

/// What the carrier's terminal needs of the authentication centre: keys change in two phases, each of which may be
/// repeated.
public protocol NetworkKeys: Sendable {
  /// Prepares other keys, or the first ones: nothing changes for the network yet.
  func prepare(_ keys: AuthenticationKeys, of imsi: IMSI, as change: String, now: Instant) throws
  /// The prepared keys are in use, and the former ones are not.
  func commit(_ change: String, of imsi: IMSI, now: Instant) throws
  /// Forgets prepared keys; false where they are in use already, and stay.
  func abandon(_ change: String, of imsi: IMSI, now: Instant) throws -> Bool
}
