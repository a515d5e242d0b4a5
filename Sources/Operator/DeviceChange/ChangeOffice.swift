import Bytes
import Identifiers
import ProfileMove

/// A definite no, with its reason.
public struct Refused: Error, Sendable, CustomStringConvertible {
  public let description: String

  /// A no, because of `reason`.
  public init(_ reason: String) { description = reason }
}

/// The profile provider (the SM-DP+), as a move needs it. Each function may be repeated; what is thrown beside ``Refused``
/// means that the outcome is not known.
public protocol ProfileProvider {
  /// Step 525: the request for a backup of the old profile, for its secure element (``BackUpProfile/Request``): the same
  /// for the same move. Nil: the provider takes none.
  func backUp(
    _ iccid: ICCID, on eid: EID, _ parts: BackupParts, for move: String, now: Instant, until: Instant
  ) throws -> [UInt8]?
  /// Orders the new profile for one eUICC: an ICCID of its own, the same IMSI, new keys. A repetition for the same move
  /// gives the same order. What of the backup cannot come along is told with it.
  func order(_ profile: MovedProfile, for move: String, now: Instant) throws -> OrderedProfile
  /// Nobody is to get the profile that was ordered for the move; it is done where there is none, and where it is too late
  /// for that: its keys are worth nothing.
  func cancel(_ move: String) throws
  /// Where a profile is, as its eUICC has signed.
  func standing(of iccid: ICCID) throws -> ProfileStanding
}

/// What the new profile is made of.
public struct MovedProfile: Sendable {
  /// The profile whose place it takes.
  public let replaces: ICCID
  /// The eUICC that the old one is on.
  public let oldEID: EID
  public let imsi: IMSI
  /// The eUICC that alone gets it.
  public let eid: EID
  public let k: Secret
  public let opc: Secret
  /// What the old secure element gave for it (``BackUpProfile/Response``), unverified.
  public let backup: [UInt8]?
}

/// The order of a new profile.
public struct OrderedProfile: Sendable, Hashable {
  public let iccid: ICCID
  public let activationCode: String
  /// What of the backup is not in it.
  public let leftOut: [LeftOut]

  /// Its number, and what the device fetches it by.
  public init(iccid: ICCID, activationCode: String, leftOut: [LeftOut] = []) {
    (self.iccid, self.activationCode, self.leftOut) = (iccid, activationCode, leftOut)
  }
}

/// Where a profile is.
public enum ProfileStanding: Sendable, Hashable {
  /// Not on an eUICC yet.
  case ordered
  case installed
  case enabled
  case disabled
  case deleted
  /// It will not be installed any more; the text says why.
  case failed(String)
}

/// The authentication centre, as a move needs it: keys change in two phases. Each may be repeated.
public protocol SubscriberKeys: Sendable {
  /// The keys of the new profile; nothing changes for the network. Throws ``Refused``.
  func prepare(_ profile: MovedProfile, for move: String, now: Instant) throws
  /// From now on the new keys are the subscriber's: the only point of no return. Throws ``Refused``.
  func commit(_ move: String, of imsi: IMSI, now: Instant) throws
  /// Forgets prepared keys. Throws ``Refused`` where they are in use.
  func abandon(_ move: String, of imsi: IMSI, now: Instant) throws
  /// Shuts a subscriber out whose keys seem to be in two devices, and lets it in again.
  func bar(_ imsi: IMSI, _ isBarred: Bool, now: Instant) throws
}

/// What the subscriber is told.
public enum Notice: Sendable, Hashable {
  /// The code, which the subscriber shows who they are with.
  case code(Secret, to: EID)
  /// A move of some risk rests until then: the subscriber may object.
  case objection(until: Instant)
  case moved
  /// Their keys seem to be in two devices; whether they are shut out until somebody has decided.
  case cloned(isBarred: Bool)
  /// They get another profile with other keys, which the copy does not have.
  case renewal(activationCode: String)
}

/// Who tells the subscriber, and knows them.
public protocol SubscriberContact: Sendable {
  /// Tells the subscriber; may come twice with the same identifier.
  func tell(_ notice: Notice, _ imsi: IMSI, identifier: String, now: Instant) throws
  /// When the address that codes go to was changed last.
  func contactChanged(_ imsi: IMSI) throws -> Instant?
  /// The subscriber's SIM is the profile `new` from now on; may come twice.
  func enter(_ new: ICCID, inPlaceOf old: ICCID, now: Instant) throws
}

/// The desk with everybody it works with.
public struct ChangeOffice {
  let desk: Desk
  let provider: any ProfileProvider
  let keys: any SubscriberKeys
  let contact: any SubscriberContact

  /// All of them.
  public init(
    desk: Desk, provider: any ProfileProvider, keys: any SubscriberKeys, contact: any SubscriberContact
  ) {
    (self.desk, self.provider, self.keys, self.contact) = (desk, provider, keys, contact)
  }
}
