import Identifiers
import OperatorChange
import Stations
import Store
import TLV

/// Contracts, what goes and what comes, in the store.
public enum TransferTables {
  public static let schema = Schema(
    owner: "subscriber-transfer",
    versions: [
      [
        .table(
          "profile_contract",
          """
          iccid TEXT PRIMARY KEY, subscription INTEGER NOT NULL, msisdn TEXT, locked_until INTEGER,
          consent INTEGER NOT NULL CHECK (consent BETWEEN 0 AND 2), refusal TEXT
          """),
        .table(
          "departure",
          """
          id TEXT PRIMARY KEY, receiver TEXT NOT NULL, change TEXT NOT NULL, eid TEXT NOT NULL, iccid TEXT NOT NULL,
          msisdn TEXT, manager TEXT, expiry INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
          ready INTEGER NOT NULL, ended INTEGER NOT NULL, UNIQUE (receiver, change)
          """),
        // The rights to a profile go to one operator at a time.
        .index("departure_open", on: "departure (iccid) WHERE state = 1", unique: true),
        .table(
          "arrival",
          """
          id TEXT PRIMARY KEY, donor TEXT NOT NULL, eid TEXT NOT NULL, donor_iccid TEXT NOT NULL, msisdn TEXT,
          manager TEXT, subscription INTEGER NOT NULL, iccid TEXT, rights_until INTEGER,
          state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3), reason TEXT, since INTEGER NOT NULL
          """),
        // Race of two changes: an eUICC comes once at a time.
        .index("arrival_open", on: "arrival (eid) WHERE state = 1", unique: true),
      ]
    ])

  /// How a change stands at one of its operators.
  public enum State: Int, Sendable {
    case underWay = 1
    case done = 2
    /// Everything is as it was.
    case takenBack = 3
  }
}

/// What the donor's policy control function goes by.
public struct ProfileContract: Sendable, Hashable {
  /// Whether the subscriber must agree.
  public enum Consent: Int, Sendable {
    case notNeeded = 0
    case wanted = 1
    case given = 2
  }

  /// The subscription in the operator's books.
  public var subscription: Int
  /// Its number.
  public var msisdn: String?
  /// Until when the contract binds the subscriber; nil: it does not.
  public var lockedUntil: Instant?
  public var consent: Consent
  /// Why the subscriber may not go at all; nil: nothing is in the way.
  public var refusal: String?

  /// All fields.
  public init(
    subscription: Int, msisdn: String? = nil, lockedUntil: Instant? = nil, consent: Consent = .notNeeded,
    refusal: String? = nil
  ) {
    (self.subscription, self.msisdn, self.lockedUntil) = (subscription, msisdn, lockedUntil)
    (self.consent, self.refusal) = (consent, refusal)
  }

  /// E3: what the policy control function says at `now`: what cannot be changed first, what the subscriber can do last.
  public func decision(at now: Instant) -> ChangeAnswer.Decision {
    if let refusal { return .refused(refusal) }
    if let lockedUntil, now < lockedUntil { return .lockedUntil(lockedUntil) }
    return consent == .wanted ? .consentWanted : .allowed
  }

  static func find(_ iccid: ICCID, in reader: any Reader) throws -> ProfileContract? {
    try reader.first(
      "SELECT subscription, msisdn, locked_until, consent, refusal FROM profile_contract WHERE iccid = $1", iccid
    ).map { row in
      guard let consent = Consent(rawValue: try row(3)) else {
        throw StoreError.unexpected("a consent of no known kind")
      }
      return ProfileContract(
        subscription: try row(0), msisdn: try row(1), lockedUntil: try row(2), consent: consent, refusal: try row(4))
    }
  }
}

/// A subscriber who goes, in the donor's books.
public struct Departure: DurableChange, Hashable {
  public let id: String
  public let receiver: String
  public let change: String
  public let eid: EID
  public let iccid: ICCID
  public let msisdn: String?
  public let manager: OID?
  /// When the rights come back.
  public let expiry: Instant
  public var state = TransferTables.State.underWay
  /// Whether everything is done that must be before the rights go.
  var isReady = false
  /// Whether the receiving operator has told the end, whichever it is.
  var isEnded = false

  public func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    let count = try transaction.execute(
      """
      INSERT INTO departure (id, receiver, change, eid, iccid, msisdn, manager, expiry, state, ready, ended)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 0, 0) ON CONFLICT DO NOTHING
      """, id, receiver, change, eid, iccid, msisdn, manager?.description, expiry)
    guard count == 1 else { throw .conflict }
    try Steps.begin(DepartureSteps.plan, subject: id, now: now, in: transaction)
  }

  static func find(_ id: String, in reader: any Reader) throws -> Departure? {
    try reader.first(
      """
      SELECT id, receiver, change, eid, iccid, msisdn, manager, expiry, state, ready, ended FROM departure WHERE id = $1
      """, id
    ).map(read)
  }

  static func all(after id: String, limit: Int, in reader: any Reader) throws -> [Departure] {
    try reader.query(
      """
      SELECT id, receiver, change, eid, iccid, msisdn, manager, expiry, state, ready, ended FROM departure
      WHERE id > $1 ORDER BY id LIMIT $2
      """, id, limit
    ).map(read)
  }

  static func open(_ iccid: ICCID, in reader: any Reader) throws -> Departure? {
    try reader.first(
      """
      SELECT id, receiver, change, eid, iccid, msisdn, manager, expiry, state, ready, ended FROM departure
      WHERE iccid = $1 AND state = 1
      """, iccid
    ).map(read)
  }

  private static func read(_ row: Row) throws -> Departure {
    guard let state = TransferTables.State(rawValue: try row(8)) else {
      throw StoreError.unexpected("a departure of no known state")
    }
    return Departure(
      id: try row(0), receiver: try row(1), change: try row(2), eid: try row(3), iccid: try row(4), msisdn: try row(5),
      manager: try row(6, as: String?.self).flatMap { OID($0) }, expiry: try row(7), state: state,
      isReady: try row(9), isEnded: try row(10))
  }
}

/// A subscriber who comes, in the receiving operator's books.
public struct Arrival: Sendable, Hashable {
  /// What both operators call the change.
  public let id: String
  public let donor: String
  public let eid: EID
  /// The donor's profile.
  public let donorICCID: ICCID
  /// The number that comes with the subscriber; nil where it stays.
  public let msisdn: String?
  /// The SM-SR that shall manage the eUICC; nil where it stays with the one it has.
  public let manager: OID?
  /// The subscription that it is for.
  public let subscription: Int
  /// The new profile, once there is one.
  public internal(set) var iccid: ICCID?
  /// How long the donor's word holds.
  var rightsUntil: Instant?
  public internal(set) var state = TransferTables.State.underWay
  /// Why it was taken back.
  public internal(set) var reason: String?
  let since: Instant

  /// What is asked of the donor.
  var request: ChangeRequest {
    ChangeRequest(change: id, eid: eid, iccid: donorICCID, msisdn: msisdn, manager: manager)
  }

  static func find(_ id: String, in reader: any Reader) throws -> Arrival? {
    try reader.first(
      """
      SELECT id, donor, eid, donor_iccid, msisdn, manager, subscription, iccid, rights_until, state, reason, since
      FROM arrival WHERE id = $1
      """, id
    ).map(read)
  }

  static func all(after id: String, limit: Int, in reader: any Reader) throws -> [Arrival] {
    try reader.query(
      """
      SELECT id, donor, eid, donor_iccid, msisdn, manager, subscription, iccid, rights_until, state, reason, since
      FROM arrival WHERE id > $1 ORDER BY id LIMIT $2
      """, id, limit
    ).map(read)
  }

  private static func read(_ row: Row) throws -> Arrival {
    guard let state = TransferTables.State(rawValue: try row(9)) else {
      throw StoreError.unexpected("an arrival of no known state")
    }
    return Arrival(
      id: try row(0), donor: try row(1), eid: try row(2), donorICCID: try row(3), msisdn: try row(4),
      manager: try row(5, as: String?.self).flatMap { OID($0) }, subscription: try row(6), iccid: try row(7),
      rightsUntil: try row(8), state: state, reason: try row(10), since: try row(11))
  }
}
