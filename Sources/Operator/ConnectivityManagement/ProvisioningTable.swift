import Identifiers
import SGP02
import SGP22
import Store

/// What a device shall get, as an operator orders it.
public struct ProvisioningOrder: Sendable, Hashable {
  /// The profile and the eUICC.
  public let target: ProfileTarget
  /// The host of the SM-SR that manages the eUICC.
  public let smsr: String
  /// The host of the SM-DP that has the profile, and its name at the SM-SR.
  public let smdp: (host: String, name: String)
  /// How the eUICC is reached with the profile.
  public let address: SubscriptionAddress
  /// What the operator allows.
  public let pol2: POL2
  /// The eUICC's credentials, verified directly by ``DirectVerification``; nil: it is asked through the SM-SR.
  public let verified: EUICCCredentials?
  /// Whether the profile is enabled in the end; one that comes with a change of operator is enabled by the change.
  public let enables: Bool

  /// All fields.
  public init(
    target: ProfileTarget, smsr: String, smdp: (host: String, name: String), address: SubscriptionAddress,
    pol2: POL2 = [], verified: EUICCCredentials? = nil, enables: Bool = true
  ) {
    (self.target, self.smsr, self.smdp, self.enables) = (target, smsr, smdp, enables)
    (self.address, self.pol2, self.verified) = (address, pol2, verified)
  }

  public static func == (a: ProvisioningOrder, b: ProvisioningOrder) -> Bool {
    a.target == b.target && a.smsr == b.smsr && a.smdp == b.smdp && a.address == b.address && a.pol2 == b.pol2
      && a.verified == b.verified && a.enables == b.enables
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(target) }
}

/// An order, and what came of it.
struct Provisioning: Sendable {
  let reference: String
  let order: ProvisioningOrder
  /// What the eUICC has to sign.
  let nonce: [UInt8]
  /// What was verified.
  var credentials: EUICCCredentials?
  /// When it was ordered.
  let since: Instant
}

/// Orders for devices, in the store.
enum ProvisioningTable {
  static let schema = Schema(
    owner: "device-provisioning",
    versions: [
      [
        .table(
          "device_provisioning",
          """
          reference TEXT PRIMARY KEY, eid TEXT NOT NULL, iccid TEXT NOT NULL, smsr TEXT NOT NULL, smdp TEXT NOT NULL,
          smdp_name TEXT NOT NULL, msisdn TEXT, imsi TEXT, pol2 INTEGER NOT NULL, verified BLOB, nonce BLOB NOT NULL,
          credentials BLOB, since INTEGER NOT NULL, enables INTEGER NOT NULL
          """)
      ]
    ])

  static func insert(_ new: Provisioning, in transaction: any Transaction) throws(StoreError) {
    let order = new.order
    try transaction.execute(
      """
      INSERT INTO device_provisioning
        (reference, eid, iccid, smsr, smdp, smdp_name, msisdn, imsi, pol2, verified, nonce, since, enables)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      """, new.reference, order.target.eid, order.target.iccid, order.smsr, order.smdp.host, order.smdp.name,
      order.address.msisdn, order.address.imsi, order.pol2.rawValue, order.verified?.encoded, new.nonce,
      new.since, order.enables)
  }

  static func provisioning(_ reference: String, in reader: any Reader) throws -> Provisioning? {
    try reader.first(
      """
      SELECT eid, iccid, smsr, smdp, smdp_name, msisdn, imsi, pol2, verified, nonce, credentials, since, enables
      FROM device_provisioning WHERE reference = $1
      """, reference
    ).map { row in
      func credentials(_ bytes: [UInt8]?) throws -> EUICCCredentials? {
        try bytes.map { bytes in try EUICCCredentials(encoded: bytes) }
      }
      let order = ProvisioningOrder(
        target: ProfileTarget(eid: try row(0), iccid: try row(1)), smsr: try row(2),
        smdp: (try row(3), try row(4)), address: SubscriptionAddress(msisdn: try row(5), imsi: try row(6)),
        pol2: POL2(rawValue: try row(7)), verified: try credentials(try row(8)), enables: try row(12))
      return Provisioning(
        reference: reference, order: order, nonce: try row(9), credentials: try credentials(try row(10)),
        since: try row(11))
    }
  }

  static func planned(for eid: EID, in reader: any Reader) throws -> String? {
    try reader.first(
      """
      SELECT reference FROM device_provisioning AS p WHERE eid = $1 AND enables = 0
        AND NOT EXISTS (SELECT 1 FROM act WHERE plan = $2 AND subject = p.reference)
      ORDER BY since DESC, reference DESC LIMIT 1
      """, eid, DeviceProvisioning.name
    ).map { try $0(0) }
  }

  /// The orders after `reference`, by their references.
  static func references(after reference: String, limit: Int, in reader: any Reader) throws -> [String] {
    try reader.query(
      "SELECT reference FROM device_provisioning WHERE reference > $1 ORDER BY reference LIMIT $2", reference, limit
    ).map { try $0(0) }
  }

  static func set(
    _ credentials: EUICCCredentials, of reference: String, in transaction: any Transaction
  ) throws(StoreError) {
    try transaction.executeOne(
      "UPDATE device_provisioning SET credentials = $2 WHERE reference = $1", reference, credentials.encoded)
  }
}
