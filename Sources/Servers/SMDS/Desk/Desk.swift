import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP22
import Stations
import Store
import TLV

/// The SM-DS itself: keeps the events that SM-DP+ register for eUICCs, and tells an authenticated eUICC its own.
public struct Desk: Deciding {
  /// How events are signed in the record.
  static let party = "SM-DS"

  /// What an operator of the server sets.
  public struct Settings: Sendable {
    /// The server's host name, with a port where it is not 443.
    public var address: String
    /// How long a session may take until the eUICC has proved itself, and its answer is remembered.
    public var sessionLifetime: Duration = .seconds(300)
    /// How long an event waits; one that nobody used or deleted is forgotten then.
    public var eventLifetime: Duration = .seconds(180 * 86_400)
    /// How many events may wait for one eUICC: what it is told fits one answer.
    public var eventsPerEUICC = 64
    /// How long the answer to an SM-DP+'s call is remembered.
    public var callMemory: Duration = .seconds(7 * 86_400)
    /// The lowest version of SGP.22 that an eUICC may have.
    public var lowestVersion = VersionType(2, 0, 0)

    /// The usual settings for the server at `address`.
    public init(address: String) { self.address = address }
  }

  public let store: any Store
  let settings: Settings
  /// The circle it trusts, in which revocation lists may come while it runs.
  public let trust: CircleInForce
  let authentication: CommonMutualAuthentication<DiscoveryCourse>

  /// A desk over `store`, whose tables it brings up to date. `credentials` are CERT.DSauth and keys, one of each issuer.
  public init(
    store: any Store, settings: Settings, credentials: [ServerCredentials], trust: CircleInForce
  ) throws {
    (self.store, self.settings, self.trust) = (store, settings, trust)
    authentication = CommonMutualAuthentication(
      party: Self.party, address: settings.address, refusals: .smds, lowestVersion: settings.lowestVersion,
      sessionLifetime: settings.sessionLifetime, credentials: credentials, trust: trust)
    try store.migrate([
      EventRecord.schema, EventTable.schema, SessionTable<DiscoveryCourse>.schema, CallTable.schema,
    ])
  }
}

extension Desk {
  /// Forgets at most `limit` sessions, as many calls and as many events whose time is over; returns how many. To be
  /// called now and then: nothing depends on when.
  public func sweep(limit: Int = 1000, given: Given) throws -> Int {
    try store.transaction { transaction in
      try authentication.sessions.sweep(before: given.now, limit: limit, in: transaction)
        + CallTable.sweep(before: given.now, limit: limit, in: transaction)
        + EventTable.sweep(before: given.now, limit: limit, in: transaction)
    }
  }
}
