import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import ProfileFactory
import SGP22
import Stations
import Store
import TLV

/// The SM-DP+ itself: decides each request from what is stored, and makes the outcome durable before it answers.
public final class Desk: Deciding {
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
    /// Whether each profile is signed for its eUICC (system D, Fig. 3); where CERT.DPpb is not on P-256 it is not.
    public var sealsProfiles = false
    /// The root SM-DS, for orders that name it by a dot.
    public var rootSmdsAddress: String?
    /// Where SM-DS take events that do so at another place than the one that devices call: by that place.
    public var registrationAddresses: [String: String] = [:]
    /// The name under which the server calls operators and SM-DS.
    public var requesterIdentifier = "simurgh"

    /// The usual settings for the server at `address`.
    public init(address: String) { self.address = address }
  }

  public let store: any Store
  /// Wraps hashes of confirmation codes.
  let vault: KeyVault
  let settings: Settings
  let credentials: [Credentials]
  let requesters: Requesters
  let packages: any PackageSource
  let eligibility: any Eligibility
  /// The circle it trusts, in which revocation lists may come while it runs.
  public let trust: CircleInForce
  let authentication: CommonMutualAuthentication<DownloadCourse>

  /// A desk over `store`, whose tables it brings up to date.
  public init(
    store: any Store, vault: KeyVault, settings: Settings, credentials: [Credentials], trust: CircleInForce,
    requesters: Requesters = Requesters(), packages: any PackageSource,
    eligibility: any Eligibility = UsualEligibility()
  ) throws {
    (self.store, self.vault, self.settings) = (store, vault, settings)
    (self.credentials, self.trust) = (credentials, trust)
    (self.requesters, self.packages, self.eligibility) = (requesters, packages, eligibility)
    authentication = CommonMutualAuthentication(
      party: Self.party, address: settings.address, refusals: .smdpPlus, lowestVersion: settings.lowestVersion,
      sessionLifetime: settings.sessionLifetime, credentials: credentials.map(\.authentication), trust: trust)
    try store.migrate([
      EventRecord.schema, Outbox.schema, OrderBook.schema, SessionTable<DownloadCourse>.schema,
      BoundProfileTable.schema, CallTable.schema,
    ])
  }

  /// The same with a circle that stays as it is.
  public convenience init(
    store: any Store, vault: KeyVault, settings: Settings, credentials: [Credentials], circle: Circle,
    requesters: Requesters = Requesters(), packages: any PackageSource,
    eligibility: any Eligibility = UsualEligibility()
  ) throws {
    try self.init(
      store: store, vault: vault, settings: settings, credentials: credentials, trust: CircleInForce(circle),
      requesters: requesters, packages: packages, eligibility: eligibility)
  }
}

extension Desk {
  /// Forgets at most `limit` sessions and as many operators' calls whose time is over; returns how many. To be called
  /// now and then: nothing depends on when.
  public func sweep(limit: Int = 1000, given: Given) throws -> Int {
    try store.transaction { transaction in
      try authentication.sessions.sweep(before: given.now, limit: limit, in: transaction)
        + CallTable.sweep(before: given.now, limit: limit, in: transaction)
    }
  }
}
