import Bytes
import Identifiers
import SGP02
import SecureMessages
import Stations
import Store
import TLV

/// The eUICC Information Sets, in the store. Keys are wrapped at rest.
public enum EISTable {
  public static let schema = Schema(
    owner: "sm-sr",
    versions: [
      [
        .table(
          "sr_eis",
          """
          eid TEXT PRIMARY KEY CHECK (length(eid) = 32), maker TEXT NOT NULL, signed_info BLOB NOT NULL,
          eum_certificate BLOB NOT NULL, remaining_memory INTEGER NOT NULL, available_memory INTEGER NOT NULL,
          last_audit INTEGER
          """),
        .table(
          "sr_profile",
          """
          eid TEXT NOT NULL, iccid TEXT NOT NULL, aid BLOB NOT NULL, mno TEXT NOT NULL, smdp TEXT, state TEXT NOT NULL,
          fallback INTEGER NOT NULL, msisdn TEXT, imsi TEXT, pol2 INTEGER NOT NULL, memory INTEGER NOT NULL,
          PRIMARY KEY (eid, iccid), UNIQUE (eid, aid)
          """),
        // E4: "Only one active profile should exist in a single eUICC at a certain time."
        .index("sr_profile_enabled", on: "sr_profile (eid) WHERE state = 'Enabled'", unique: true),
        .index("sr_profile_fallback", on: "sr_profile (eid) WHERE fallback = 1", unique: true),
        .table(
          "sr_key_set",
          """
          eid TEXT NOT NULL, version INTEGER NOT NULL, kic BLOB NOT NULL, kid BLOB NOT NULL, counter INTEGER NOT NULL,
          PRIMARY KEY (eid, version)
          """),
      ],
      [
        .index("sr_profile_msisdn", on: "sr_profile (msisdn)"),
        // SGP.02 §5.5.15: which SM-DP may download a profile, and manage it, for its operator.
        .table(
          "sr_plma",
          "eid TEXT NOT NULL, iccid TEXT NOT NULL, mno TEXT NOT NULL, smdp TEXT NOT NULL, PRIMARY KEY (eid, iccid)"),
      ],
      // POL2 had it deleted when it was disabled: remembered until the eUICC can no more take the change back.
      [.statement("ALTER TABLE sr_profile ADD COLUMN outgoing INTEGER NOT NULL DEFAULT 0")],
    ])

  /// The EIS of `eid`, with all its profiles; nil where the eUICC is not managed here.
  public static func eis(_ eid: EID, managedBy oid: String, in reader: any Reader) throws -> EIS? {
    try reader.first(
      """
      SELECT signed_info, eum_certificate, remaining_memory, available_memory, last_audit FROM sr_eis WHERE eid = $1
      """, eid
    ).map { row in
      EIS(
        eumSignedInfo: try Signed(encoded: row(0, as: [UInt8].self)), eumCertificate: try row(1), smsrId: oid,
        remainingMemory: try row(2), availableMemoryForProfiles: try row(3), lastAuditDate: try row(4),
        profiles: try profiles(of: eid, in: reader))
    }
  }

  /// The profiles of `eid` by their ISD-P.
  public static func profiles(of eid: EID, in reader: any Reader) throws -> [EISProfile] {
    try reader.query(
      """
      SELECT iccid, aid, mno, smdp, state, fallback, msisdn, imsi, pol2, memory FROM sr_profile
      WHERE eid = $1 ORDER BY aid
      """, eid
    ).map { row in
      guard let state = EISProfile.State(rawValue: try row(4)) else {
        throw StoreError.unexpected("a profile of no known state")
      }
      return EISProfile(
        iccid: try row(0), isdpAid: try aid(row(1)), mnoId: try row(2), smdpId: try row(3),
        state: state, fallbackAttribute: try row(5),
        subscriptionAddress: SubscriptionAddress(msisdn: try row(6), imsi: try row(7)),
        pol2: POL2(rawValue: try row(8)), allocatedMemory: try row(9))
    }
  }

  private static func aid(_ bytes: [UInt8]) throws -> AID { try AID(bytes) }

  /// A profile of `eid` that was disabled under a POL2 that deletes it then; each is given out once.
  static func takeOutgoing(of eid: EID, in transaction: any Transaction) throws(StoreError) -> ICCID? {
    try transaction.first(
      """
      UPDATE sr_profile SET outgoing = 0 WHERE eid = $1 AND iccid = (
        SELECT iccid FROM sr_profile WHERE eid = $1 AND outgoing = 1 AND state = 'Disabled' AND fallback = 0
        ORDER BY aid LIMIT 1)
      RETURNING iccid
      """, eid)?(0)
  }

  /// At most `limit` eUICCs after `eid`.
  public static func managed(after eid: String = "", limit: Int, in reader: any Reader) throws -> [EID] {
    try reader.query("SELECT eid FROM sr_eis WHERE eid > $1 ORDER BY eid LIMIT $2", eid, limit).map { try $0(0) }
  }

  static func isManaged(_ eid: EID, in reader: any Reader) throws(StoreError) -> Bool {
    try reader.first("SELECT 1 FROM sr_eis WHERE eid = $1", eid) != nil
  }

  /// Another SM-SR manages `eid` from now on: its keys and all else goes.
  static func forget(_ eid: EID, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("DELETE FROM sr_key_set WHERE eid = $1", eid)
    try transaction.execute("DELETE FROM sr_profile WHERE eid = $1", eid)
    try transaction.execute("DELETE FROM sr_plma WHERE eid = $1", eid)
    try transaction.execute("DELETE FROM sr_eis WHERE eid = $1", eid)
    try TalkTable.forget(eid, in: transaction)
    try OperationTable.keep(notification: nil, of: eid, in: transaction)
  }

  /// The eUICCs that may be reached under a number: those who share one prove by their keys who they are.
  static func eids(under msisdn: String, in reader: any Reader) throws -> [EID] {
    try reader.query("SELECT DISTINCT eid FROM sr_profile WHERE msisdn = $1 LIMIT 8", msisdn).map { try $0(0) }
  }

  /// Whether `mno` lets `smdp` download and manage the profile.
  static func isAuthorised(
    _ smdp: String, by mno: String, for target: ProfileTarget, in reader: any Reader
  ) throws(StoreError) -> Bool {
    try reader.first(
      "SELECT 1 FROM sr_plma WHERE eid = $1 AND iccid = $2 AND mno = $3 AND smdp = $4", target.eid, target.iccid, mno,
      smdp) != nil
  }

  /// The operator that authorised an SM-DP for the profile.
  static func authorising(_ target: ProfileTarget, in reader: any Reader) throws(StoreError) -> String? {
    try reader.first("SELECT mno FROM sr_plma WHERE eid = $1 AND iccid = $2", target.eid, target.iccid)?(0)
  }

  /// What becomes of an EIS.
  enum Change: DurableChange {
    /// A new eUICC of the maker called `maker`.
    case registered(EIS, EID, maker: String)
    case policy(ProfileTarget, POL2)
    case address(ProfileTarget, SubscriptionAddress)
    /// A profile that an SM-DP is going to download.
    case created(EISProfile, EID)
    /// There will be no such profile: its ISD-P was not created.
    case notCreated(ProfileTarget)
    /// The operator lets an SM-DP manage the profile, or no more.
    case authorised(ProfileTarget, mno: String, smdp: String?)
    /// The profile that is enabled is going to be disabled, or is not after all: the POL2 of now says what becomes of it.
    case leaving(EID, Bool)
    /// What the eUICC proved of itself.
    case audited(EID, EUICCReport.Status)

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      switch self {
      case .registered(let eis, let eid, let maker):
        let count = try transaction.execute(
          """
          INSERT INTO sr_eis (eid, maker, signed_info, eum_certificate, remaining_memory, available_memory, last_audit)
          VALUES ($1, $2, $3, $4, $5, $6, NULL) ON CONFLICT DO NOTHING
          """, eid, maker, eis.eumSignedInfo.encoded, eis.eumCertificate, eis.remainingMemory,
          eis.availableMemoryForProfiles)
        // Registered twice at the same time: the second is decided anew and finds the first.
        guard count == 1 else { throw .conflict }
        for profile in eis.profiles { try Self.insert(profile, eid, in: transaction) }
      case .policy(let target, let pol2):
        try transaction.executeOne(
          "UPDATE sr_profile SET pol2 = $3 WHERE eid = $1 AND iccid = $2", target.eid, target.iccid, pol2.rawValue)
      case .address(let target, let address):
        try transaction.executeOne(
          "UPDATE sr_profile SET msisdn = $3, imsi = $4 WHERE eid = $1 AND iccid = $2", target.eid, target.iccid,
          address.msisdn, address.imsi)
      case .created(let profile, let eid): try Self.insert(profile, eid, in: transaction)
      case .notCreated(let target):
        try transaction.execute(
          "DELETE FROM sr_profile WHERE eid = $1 AND iccid = $2 AND state = 'Created'", target.eid, target.iccid)
      case .authorised(let target, let mno, let smdp):
        try transaction.execute("DELETE FROM sr_plma WHERE eid = $1 AND iccid = $2", target.eid, target.iccid)
        if let smdp {
          try transaction.execute(
            "INSERT INTO sr_plma (eid, iccid, mno, smdp) VALUES ($1, $2, $3, $4)", target.eid, target.iccid, mno, smdp)
        }
      case .leaving(let eid, let isLeaving):
        try transaction.execute(
          """
          UPDATE sr_profile SET outgoing = CASE WHEN $2 = 1 AND pol2 & $3 <> 0 THEN 1 ELSE 0 END
          WHERE eid = $1 AND state = 'Enabled'
          """, eid, isLeaving ? 1 : 0, POL2.deletedWhenDisabled.rawValue)
      case .audited(let eid, let status): try Self.audit(eid, status, now, in: transaction)
      }
    }

    private static func insert(
      _ profile: EISProfile, _ eid: EID, in transaction: any Transaction
    ) throws(StoreError) {
      try transaction.execute(
        """
        INSERT INTO sr_profile (eid, iccid, aid, mno, smdp, state, fallback, msisdn, imsi, pol2, memory)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """, eid, profile.iccid, profile.isdpAid.bytes, profile.mnoId, profile.smdpId, profile.state.rawValue,
        profile.fallbackAttribute, profile.subscriptionAddress.msisdn, profile.subscriptionAddress.imsi,
        profile.pol2.rawValue, profile.allocatedMemory)
    }

    /// The books follow the eUICC: what is not on it is not in them, and its states are theirs.
    private static func audit(
      _ eid: EID, _ status: EUICCReport.Status, _ now: Instant, in transaction: any Transaction
    ) throws(StoreError) {
      // First nobody is enabled, then the one that is: there are never two.
      try transaction.execute(
        """
        UPDATE sr_profile SET state = 'Disabled', fallback = 0, outgoing = CASE WHEN pol2 & $2 <> 0 THEN 1 ELSE outgoing END
        WHERE eid = $1 AND state = 'Enabled'
        """, eid, POL2.deletedWhenDisabled.rawValue)
      try transaction.execute("UPDATE sr_profile SET fallback = 0 WHERE eid = $1", eid)
      let known = try transaction.query("SELECT aid FROM sr_profile WHERE eid = $1", eid)
      for row in known {
        let aid: [UInt8] = try row(0)
        guard let isdp = status.isdps.first(where: { $0.aid.bytes == aid }) else {
          try transaction.execute("DELETE FROM sr_profile WHERE eid = $1 AND aid = $2", eid, aid)
          continue
        }
        try transaction.execute(
          """
          UPDATE sr_profile SET state = $3, fallback = $4, outgoing = CASE WHEN $3 = 'Enabled' THEN 0 ELSE outgoing END
          WHERE eid = $1 AND aid = $2
          """, eid, aid, state(isdp.state).rawValue, isdp.hasFallbackAttribute)
      }
      try transaction.execute(
        "UPDATE sr_eis SET remaining_memory = $2, last_audit = $3 WHERE eid = $1", eid, status.freeMemory, now)
    }

    private static func state(_ state: EUICCReport.ISDP.State) -> EISProfile.State {
      switch state {
      case .selectable, .personalised: .created
      case .disabled: .disabled
      case .enabled: .enabled
      }
    }
  }
}
