import Identifiers
import Store

/// A profile on its way from one eUICC to another.
public struct Move: Sendable, Hashable {
  /// How it stands.
  public enum State: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// The old profile is the one that the network knows.
    case underWay = 1
    /// The new profile is the one that the network knows; the old one is dead, deleted or not.
    case moved = 2
    /// Taken back whole, because somebody asked for it.
    case cancelled = 3
    /// Taken back whole, because something was refused.
    case failed = 4

    public var description: String {
      switch self {
      case .underWay: "under way"
      case .moved: "moved"
      case .cancelled: "cancelled"
      case .failed: "failed"
      }
    }
  }

  /// One of both devices.
  public enum Device: Int, Sendable, CaseIterable {
    /// Where the profile is when the move begins.
    case old = 1
    /// Where it goes.
    case new = 2
  }

  /// 12 letters and digits.
  public let id: String
  public let state: State
  /// The old profile.
  public let iccid: ICCID
  public let imsi: IMSI
  public let oldEID: EID
  public let newEID: EID
  /// Whether the person has the old device, so that it can consent and disable.
  public let isOldAtHand: Bool
  public let since: Instant
  /// Until when the persons must have done their part.
  public let expiry: Instant
  /// Wrong codes so far.
  public let codeTries: Int
  /// When the person showed who they are.
  public let personAt: Instant?
  let oldConsent: Bool?
  let newConsent: Bool?
  /// 0 to 100; nil as long as it was not weighed.
  public let risk: Int?
  /// Until when the move rests, so that the subscriber may object.
  public let quietUntil: Instant?
  /// What the second person decided.
  public let approval: Bool?
  public let approver: String?
  /// The new profile.
  public let newICCID: ICCID?
  public let activationCode: String?
  /// When the new profile was known to be installed, the old one disabled, the keys changed, the old profile deleted.
  public let installedAt: Instant?
  public let disabledAt: Instant?
  public let committedAt: Instant?
  public let deletedAt: Instant?
  /// Why it did not come to a good end.
  public let ending: String?
  let wrappedSecret: [UInt8]
  /// SHA-256 of the word by which somebody outside asked; nil where the operator's own people did.
  let asker: [UInt8]?

  /// What the person at `device` decided.
  public func consent(at device: Device) -> Bool? { device == .old ? oldConsent : newConsent }
}

/// Reads the moves' table.
enum MoveTable {
  static func find(_ id: String, in reader: any Reader) throws -> Move {
    let row = try reader.first(
      """
      SELECT id, state, iccid, imsi, old_eid, new_eid, at_hand, since, expiry, code_tries, person_at, old_consent,
        new_consent, risk, quiet_until, approval, approver, new_iccid, activation_code, installed_at, disabled_at,
        committed_at, deleted_at, ending, secret, asker FROM profile_move WHERE id = $1
      """, id)
    guard let row else { throw MoveError.unknownMove(id) }
    return try read(row)
  }

  /// The move of a subscriber that is under way.
  static func open(_ imsi: IMSI, in reader: any Reader) throws(StoreError) -> Move? {
    try reader.first(
      """
      SELECT id, state, iccid, imsi, old_eid, new_eid, at_hand, since, expiry, code_tries, person_at, old_consent,
        new_consent, risk, quiet_until, approval, approver, new_iccid, activation_code, installed_at, disabled_at,
        committed_at, deleted_at, ending, secret, asker FROM profile_move WHERE imsi = $1 AND state = 1
      """, imsi
    ).map(read)
  }

  /// Moves after `id`, of one state or one subscriber where they are given, at most `limit`.
  static func list(
    state: Move.State?, imsi: IMSI?, after id: String, limit: Int, in reader: any Reader
  ) throws -> [Move] {
    try reader.query(
      """
      SELECT id, state, iccid, imsi, old_eid, new_eid, at_hand, since, expiry, code_tries, person_at, old_consent,
        new_consent, risk, quiet_until, approval, approver, new_iccid, activation_code, installed_at, disabled_at,
        committed_at, deleted_at, ending, secret, asker FROM profile_move
      WHERE id > $1 AND state = COALESCE($2, state) AND imsi = COALESCE($3, imsi) ORDER BY id LIMIT $4
      """, id, state?.rawValue, imsi, limit
    ).map(read)
  }

  private static func read(_ row: Row) throws(StoreError) -> Move {
    guard let state = Move.State(rawValue: try row(1)) else { throw .unexpected("a move of no known state") }
    return Move(
      id: try row(0), state: state, iccid: try row(2), imsi: try row(3), oldEID: try row(4), newEID: try row(5),
      isOldAtHand: try row(6), since: try row(7), expiry: try row(8), codeTries: try row(9), personAt: try row(10),
      oldConsent: try row(11), newConsent: try row(12), risk: try row(13), quietUntil: try row(14),
      approval: try row(15), approver: try row(16), newICCID: try row(17), activationCode: try row(18),
      installedAt: try row(19), disabledAt: try row(20), committedAt: try row(21), deletedAt: try row(22),
      ending: try row(23), wrappedSecret: try row(24), asker: try row(25))
  }
}
