import Bytes
import CircleOfTrust
import Identifiers
import MutualAuthentication
import SGP02
import Store

/// An operator's connectivity management: provisions devices that nobody stands before, over SM-SR and SM-DP (E2 of the
/// founding document; SGP.02 §3.1, §3.2). Nothing of a profile goes anywhere before the eUICC has proved that it is the
/// circle's.
public struct Desk: Sendable {
  /// How events are signed in the record.
  static let party = "MNO"

  /// What the operator sets.
  public struct Settings: Sendable {
    /// The operator's name, by which SM-SR and SM-DP know it.
    public var name: String
    /// What an eUICC must be able to do.
    public var rules = CapabilityRules()
    /// The pauses until an eUICC that has not answered yet is asked for again.
    public var asking = BackOff(first: .seconds(2), longest: .seconds(30))
    /// How long a step may fail before the provisioning is given up and undone. What the SM-DP or the SM-SR has in hand
    /// is not given up: it ends as they say.
    public var patience: Duration = .seconds(2 * 86_400)

    /// The usual settings of the operator called `name`.
    public init(name: String) { self.name = name }
  }

  public let store: any Store
  let settings: Settings
  /// The circle it trusts, in which revocation lists may come while it runs.
  public let trust: CircleInForce

  /// A desk over `store`, whose tables it brings up to date.
  public init(store: any Store, settings: Settings, trust: CircleInForce) throws {
    (self.store, self.settings, self.trust) = (store, settings, trust)
    try store.migrate([EventRecord.schema, Steps.schema, ProvisioningTable.schema])
  }

  /// Begins a provisioning under a reference of the operator's; the same again is the same one.
  public func provision(
    _ order: ProvisioningOrder, reference: String, now: Instant, random: any RandomSource
  ) throws {
    try store.retrying { store in
      try store.transaction { transaction in
        try keep(order, reference, now: now, random: random, in: transaction)
        try begin(reference, now: now, in: transaction)
      }
    }
  }

  /// Keeps an order that somebody else begins: the change of operator that it belongs to.
  public func plan(
    _ order: ProvisioningOrder, reference: String, now: Instant, random: any RandomSource
  ) throws {
    try store.retrying { store in
      try store.transaction { try keep(order, reference, now: now, random: random, in: $0) }
    }
  }

  /// Begins what was planned, unless it is begun; nil where nothing is.
  public func begin(_ reference: String, now: Instant) throws -> Act? {
    try store.retrying { store in
      try store.transaction { transaction in
        guard try ProvisioningTable.provisioning(reference, in: transaction) != nil else { return nil }
        try begin(reference, now: now, in: transaction)
        return try Steps.act(DeviceProvisioning.name, subject: reference, in: transaction)
      }
    }
  }

  private func keep(
    _ order: ProvisioningOrder, _ reference: String, now: Instant, random: any RandomSource,
    in transaction: any Transaction
  ) throws {
    if let known = try ProvisioningTable.provisioning(reference, in: transaction) {
      guard known.order == order else { throw ProvisioningError.referenceUsed(reference) }
      return
    }
    let nonce = random.bytes(32)
    try ProvisioningTable.insert(
      Provisioning(reference: reference, order: order, nonce: nonce, since: now), in: transaction)
  }

  private func begin(_ reference: String, now: Instant, in transaction: any Transaction) throws {
    guard try Steps.act(DeviceProvisioning.name, subject: reference, in: transaction) == nil else { return }
    try Steps.begin(DeviceProvisioning.plan, subject: reference, now: now, in: transaction)
  }

  /// What was ordered under a reference; nil where nothing was.
  public func order(_ reference: String) throws -> ProvisioningOrder? {
    try store.read { try ProvisioningTable.provisioning(reference, in: $0)?.order }
  }

  /// The reference of the order for `eid` that was planned and not begun; nil where there is none.
  public func planned(for eid: EID) throws -> String? {
    try store.read { try ProvisioningTable.planned(for: eid, in: $0) }
  }

  /// The references of at most `limit` orders after `reference`, in their order.
  public func references(after reference: String = "", limit: Int = 100) throws -> [String] {
    try store.read { try ProvisioningTable.references(after: reference, limit: limit, in: $0) }
  }

  /// Where a provisioning stands; nil where there is none.
  public func act(_ reference: String) throws -> Act? {
    try store.read { try Steps.act(DeviceProvisioning.name, subject: reference, in: $0) }
  }

  /// When the next one goes on; nil where none does by itself.
  public func nextDue() throws -> Instant? {
    try store.read { try Steps.nextDue(DeviceProvisioning.name, in: $0) }
  }
}

/// Why an order for a device is not taken.
public enum ProvisioningError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another order has the reference.
  case referenceUsed(String)
  /// The eUICC is not what the operator lets its profiles go to.
  case notVerified(String)

  public var description: String {
    switch self {
    case .referenceUsed(let reference): "another order has the reference \(reference): choose another one"
    case .notVerified(let why): why
    }
  }
}
