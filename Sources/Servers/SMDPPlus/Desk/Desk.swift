import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ProfileFactory
import SGP22
import Store
import TLV

/// The SM-DP+ itself: decides each request from what is stored, and makes the outcome durable before it answers.
public struct Desk: Sendable {
  /// How events are signed in the record.
  static let party = "SM-DP+"

  /// What an operator of the server sets.
  public struct Settings: Sendable {
    /// The server's host name, with a port where it is not 443.
    public var address: String
    /// How long a session may take until its package is delivered.
    public var sessionLifetime: Duration = .seconds(900)
    /// How long the notification of an installation is waited for.
    public var notificationPatience: Duration = .seconds(90 * 86_400)
    /// How long the answer to an operator's call is remembered.
    public var callMemory: Duration = .seconds(7 * 86_400)
    /// The lowest version of SGP.22 that an eUICC may have.
    public var lowestVersion = VersionType(2, 0, 0)
    /// Whether a retry may come with a new one-time key; if not, it is refused with 8.2/3.7.
    public var allowsNewBinding = true
    /// The root SM-DS, for orders that name it by a dot.
    public var rootSmdsAddress: String?
    /// The name under which the server calls operators and SM-DS.
    public var requesterIdentifier = "simurgh"

    /// The usual settings for the server at `address`.
    public init(address: String) { self.address = address }
  }

  let store: any Store
  let settings: Settings
  let credentials: [Credentials]
  let circle: Circle
  let requesters: Requesters
  let packages: any PackageSource
  let eligibility: any Eligibility

  /// A desk over `store`, whose tables it brings up to date.
  public init(
    store: any Store, settings: Settings, credentials: [Credentials], circle: Circle,
    requesters: Requesters = Requesters(), packages: any PackageSource,
    eligibility: any Eligibility = UsualEligibility()
  ) throws {
    (self.store, self.settings, self.credentials, self.circle) = (store, settings, credentials, circle)
    (self.requesters, self.packages, self.eligibility) = (requesters, packages, eligibility)
    try store.migrate([
      EventRecord.schema, Outbox.schema, OrderBook.schema, SessionTable.schema, BoundProfileTable.schema,
      CallTable.schema,
    ])
  }

  /// Decides, makes durable, answers. `decide` runs again where somebody else changed a record meanwhile; it reads one
  /// state of the store and waits for nobody, so that many requests are decided side by side.
  public func perform<Answer: Sendable>(
    given: Given, _ decide: (any Reader) throws -> Decision<Answer>
  ) throws -> Result<Answer, Refusal> {
    try store.retrying { store in
      let decision = try store.read(decide)
      try store.transaction { try decision.save(now: given.now, in: $0) }
      return decision.answer
    }
  }

  /// The same, sharing its commit with whoever else waits for one.
  public func perform<Answer: Sendable>(
    given: Given, _ decide: (any Reader) throws -> Decision<Answer>
  ) async throws -> Result<Answer, Refusal> {
    try await store.retrying { store in
      let decision = try store.read(decide)
      try await store.transaction { try decision.save(now: given.now, in: $0) }
      return decision.answer
    }
  }
}

extension Desk {
  /// Forgets at most `limit` sessions and as many operators' calls whose time is over; returns how many. To be called
  /// now and then: nothing depends on when.
  public func sweep(limit: Int = 1000, given: Given) throws -> Int {
    try store.transaction { transaction in
      try SessionTable.sweep(before: given.now, limit: limit, in: transaction)
        + CallTable.sweep(before: given.now, limit: limit, in: transaction)
    }
  }
}

extension Decision {
  fileprivate func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    for change in changes { try change.save(now: now, in: transaction) }
  }
}
