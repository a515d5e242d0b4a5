import Bytes
import Identifiers
import TLV
import Transport

/// What an operator has done with profiles on eUICCs: SM-SR and SM-DP, as a change of operator needs them. Each function
/// may be repeated, under the same name of the call: then it asks how it went. What they throw means that the outcome is unknown, but for ``Refused``.
public protocol ProfileControl: Sendable {
  /// E2, E3: verifies the eUICC's certificate before anything else. Throws ``Refused`` for one without, with a foreign or a
  /// revoked one.
  func verify(_ eid: EID, as call: String) throws
  /// Asks the SM-SR `manager` to take the eUICC when it comes. Throws ``Refused`` where it will not.
  func prepare(_ manager: OID, for eid: EID, as call: String) throws
  /// Whether the SM-SR `manager` manages the eUICC.
  func isManaged(_ eid: EID, by manager: OID, as call: String) throws -> Bool
  /// Gives the eUICC to another SM-SR; false as long as it is under way.
  func changeManager(of eid: EID, to manager: OID, as call: String) throws -> Bool
  /// Installs a profile for the change, not enabled, and says which.
  func install(for change: String, on eid: EID, as call: String) throws -> ICCID
  /// Removes it again; done already where it is not there.
  func remove(_ iccid: ICCID, from eid: EID, as call: String) throws
  /// Enables it in the place of the one that is. Throws ``Refused`` where it is not enabled and will not be by this call.
  func enable(_ iccid: ICCID, on eid: EID, as call: String) throws
  /// Whether the profile is in use: as the eUICC proves it, when nothing is under way there any more.
  func isInUse(_ iccid: ICCID, on eid: EID, as call: String) throws -> Bool
  /// POL2: whether the operator's own profile may be disabled, and is deleted then; or must stay.
  func release(_ iccid: ICCID, on eid: EID, _ isReleased: Bool, as call: String) throws
}

/// The operator's authentication centre and books, as a change of operator needs them. Each function may be repeated.
public protocol SubscriberRecords: Sendable {
  /// Lets the new SIM in: before it is enabled.
  func open(_ iccid: ICCID, now: Instant) throws
  /// Shuts a SIM out for good: after another is in use.
  func close(_ iccid: ICCID, now: Instant) throws
  /// Agrees that the number comes, or goes. Throws ``Refused`` where it cannot.
  func beginPorting(_ change: String, _ msisdn: String, _ way: PortingWay, now: Instant) throws
  /// The number has come, or gone.
  func completePorting(_ change: String, _ way: PortingWay, now: Instant) throws
  /// It stays where it was.
  func takeBackPorting(_ change: String, _ way: PortingWay, now: Instant) throws
}

/// Which way a number goes, and with whom.
public enum PortingWay: Hashable, Sendable {
  case comes(from: String, to: Int)
  case goes(to: String)
}

/// A definite no, with its reason.
public struct Refused: Error, Sendable, CustomStringConvertible {
  public let description: String

  /// A no, because of `reason`.
  public init(_ reason: String) { description = reason }
}

/// The desk with everybody it works with.
public struct Office {
  let desk: Desk
  let profiles: any ProfileControl
  let records: any SubscriberRecords
  let link: any ServerLink
  let random: any RandomSource

  /// All of them.
  public init(
    desk: Desk, profiles: any ProfileControl, records: any SubscriberRecords, link: any ServerLink,
    random: any RandomSource
  ) {
    (self.desk, self.profiles, self.records, self.link, self.random) = (desk, profiles, records, link, random)
  }
}
