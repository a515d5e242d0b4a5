import Bytes
import Identifiers
import SGP22
import Store

/// A pair of ICCID and IMSI.
public struct SIM: Sendable, Hashable {
  public let iccid: ICCID
  public let imsi: IMSI

  /// Both.
  public init(iccid: ICCID, imsi: IMSI) { (self.iccid, self.imsi) = (iccid, imsi) }
}

/// An order as it stands.
public struct Order: Sendable, Hashable {
  /// An order's life, as people ask about it; the steps behind it are an `Act` of the store.
  public enum State: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// On its way to the SM-DP+.
    case placed = 1
    /// The activation code works; the device's report is waited for.
    case released = 2
    /// The profile is on an eUICC; the network is told.
    case installed = 3
    /// The SIM works.
    case active = 4
    /// Taken back; nothing is left of it.
    case cancelled = 5
    /// Refused by somebody, or not installed; nothing is left of it.
    case failed = 6
    /// Another order's SIM took its place.
    case replaced = 7

    public var description: String {
      switch self {
      case .placed: "placed"
      case .released: "released"
      case .installed: "installed"
      case .active: "active"
      case .cancelled: "cancelled"
      case .failed: "failed"
      case .replaced: "replaced"
      }
    }
  }

  /// What the SM-DP+ told last about the download (SGP.22 §5.3.5).
  public struct Progress: Sendable, Hashable {
    public let point: ES2Plus.HandleDownloadProgressInfo.NotificationPoint
    /// Why it failed there; nil where it went well.
    public let failure: String?
    public let at: Instant
  }

  /// 12 letters and digits: the order's name everywhere.
  public let id: String
  public let state: State
  public let reference: String?
  public let subscription: Int?
  public let profileType: String
  /// What was asked for.
  public let wantedICCID: ICCID?
  public let wantedEID: EID?
  public let smdsAddress: String?
  /// The order whose SIM this one replaces.
  public let replaces: String?
  public let since: Instant
  /// The SIM that was taken for it.
  public let sim: SIM?
  public let matchingId: String?
  /// The SM-DP+'s address for the activation code.
  public let smdpAddress: String?
  /// The eUICC that has it, or asked for it.
  public let eid: EID?
  public let progress: Progress?
  public let installedAt: Instant?
  /// The SIM that this one's took the place of.
  public let former: SIM?
  /// Why it ended without success.
  public let ending: String?
  /// The SM-DP+ that it went to, by the name it has here.
  public let server: String?
  /// Why this profile will not be installed by any further try, with the profile's elements that failed.
  public let failure: String?
  /// Whether the profile was delivered to a device that did not install it: nobody gets it again.
  public let isSpoiled: Bool
  let wrappedConfirmationCode: [UInt8]?

  /// Whether the user must enter a confirmation code.
  public var wantsConfirmationCode: Bool { wrappedConfirmationCode != nil }

  /// SGP.22 §4.1: what the user scans; nil as long as there is none, and for a default SM-DP+ or an SM-DS alone.
  public var activationCode: ActivationCode? {
    guard [.released, .installed, .active].contains(state), let matchingId, let token = MatchingId(matchingId),
      !token.isEmpty, let smdpAddress, let address = FQDN(smdpAddress)
    else { return nil }
    return ActivationCode(
      smdpAddress: address, matchingId: token, confirmationCodeRequired: wantsConfirmationCode)
  }
}

/// Reads and writes the orders' table.
enum OrderTable {
  static func find(_ id: String, in reader: any Reader) throws -> Order {
    let row = try reader.first(
      """
      SELECT id, state, reference, subscription, profile_type, wanted_iccid, wanted_eid, smds, confirmation, replaces,
        since, iccid, imsi, matching_id, smdp_address, eid, point, point_failure, point_at, installed_at,
        former_iccid, former_imsi, ending, server, failure, is_spoiled FROM esim_order WHERE id = $1
      """, id)
    guard let row else { throw OrderError.unknownOrder(id) }
    return try read(row)
  }

  /// The open order for a profile.
  static func find(iccid: ICCID, in reader: any Reader) throws(StoreError) -> Order? {
    try reader.first(
      """
      SELECT id, state, reference, subscription, profile_type, wanted_iccid, wanted_eid, smds, confirmation, replaces,
        since, iccid, imsi, matching_id, smdp_address, eid, point, point_failure, point_at, installed_at,
        former_iccid, former_imsi, ending, server, failure, is_spoiled FROM esim_order
      WHERE iccid = $1 AND state IN (1, 2, 3, 4)
      """, iccid
    ).map(read)
  }

  /// The order that its owner calls `reference`.
  static func find(reference: String, in reader: any Reader) throws -> Order? {
    try reader.first(
      """
      SELECT id, state, reference, subscription, profile_type, wanted_iccid, wanted_eid, smds, confirmation, replaces,
        since, iccid, imsi, matching_id, smdp_address, eid, point, point_failure, point_at, installed_at,
        former_iccid, former_imsi, ending, server, failure, is_spoiled FROM esim_order WHERE reference = $1
      """, reference
    ).map(read)
  }

  /// The order that replaces `id` and did not fail.
  static func find(replacing id: String, in reader: any Reader) throws -> Order? {
    try reader.first(
      """
      SELECT id, state, reference, subscription, profile_type, wanted_iccid, wanted_eid, smds, confirmation, replaces,
        since, iccid, imsi, matching_id, smdp_address, eid, point, point_failure, point_at, installed_at,
        former_iccid, former_imsi, ending, server, failure, is_spoiled FROM esim_order
      WHERE replaces = $1 AND state NOT IN (5, 6)
      """, id
    ).map(read)
  }

  /// The orders of a subscription that may still be taken back.
  static func open(ofSubscription subscription: Int, in reader: any Reader) throws -> [String] {
    try reader.query("SELECT id FROM esim_order WHERE subscription = $1 AND state IN (1, 2) ORDER BY id", subscription)
      .map { try $0(0) }
  }

  static func list(
    state: Order.State?, bulk: Int?, after id: String, limit: Int, in reader: any Reader
  ) throws -> [Order] {
    try reader.query(
      """
      SELECT id, state, reference, subscription, profile_type, wanted_iccid, wanted_eid, smds, confirmation, replaces,
        since, iccid, imsi, matching_id, smdp_address, eid, point, point_failure, point_at, installed_at,
        former_iccid, former_imsi, ending, server, failure, is_spoiled FROM esim_order
      WHERE id > $1 AND state = COALESCE($2, state) AND COALESCE(bulk, 0) = COALESCE($3, bulk, 0) ORDER BY id LIMIT $4
      """, id, state?.rawValue, bulk, limit
    ).map(read)
  }

  private static func read(_ row: Row) throws(StoreError) -> Order {
    guard let state = Order.State(rawValue: try row(1)) else { throw .unexpected("an order of no known state") }
    func sim(_ iccid: Int, _ imsi: Int) throws(StoreError) -> SIM? {
      guard let iccid = try row(iccid, as: ICCID?.self), let imsi = try row(imsi, as: IMSI?.self) else { return nil }
      return SIM(iccid: iccid, imsi: imsi)
    }
    var progress: Order.Progress?
    if let number = try row(16, as: Int?.self) {
      guard let point = ES2Plus.HandleDownloadProgressInfo.NotificationPoint(rawValue: number) else {
        throw .unexpected("a download at no known point")
      }
      progress = Order.Progress(point: point, failure: try row(17), at: try row(18))
    }
    return Order(
      id: try row(0), state: state, reference: try row(2), subscription: try row(3), profileType: try row(4),
      wantedICCID: try row(5), wantedEID: try row(6), smdsAddress: try row(7), replaces: try row(9),
      since: try row(10), sim: try sim(11, 12), matchingId: try row(13), smdpAddress: try row(14), eid: try row(15),
      progress: progress, installedAt: try row(19), former: try sim(20, 21), ending: try row(22),
      server: try row(23), failure: try row(24), isSpoiled: try row(25), wrappedConfirmationCode: try row(8))
  }
}
