import AddressLookup
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SecureMessages
import Stations
import Store
import TLV

/// The directory itself: which SM-SR manages an eUICC, and which SM-DP provides an operator's profiles for it.
///
/// Nobody has to believe it. It signs what it says, for a time; whoever follows it confirms the server by certificate.
public struct Desk: Deciding {
  /// How events are signed in the record.
  static let party = "directory"

  /// What an operator of the directory sets.
  public struct Settings: Sendable {
    /// How long an answer holds.
    public var answerLifetime: Duration = .seconds(86_400)
    /// How long an entry stays that its server does not register again.
    public var entryLifetime: Duration = .seconds(180 * 86_400)
    /// How long the answer to a server's call is remembered.
    public var callMemory: Duration = .seconds(7 * 86_400)
    /// How many operators may have a provider for one eUICC.
    public var providersPerEUICC = 64
    /// Who may be an operator's provider, by object identifier; an operator that is not named here has no provider.
    public var providers: [PLMN: Set<OID>] = [:]

    /// The usual settings.
    public init() {}
  }

  public let store: any Store
  let settings: Settings
  /// The circle it trusts, in which revocation lists may come while it runs.
  public let trust: CircleInForce
  let signer: KeyHolder
  let certificate: Certificate

  /// A desk over `store`, whose tables it brings up to date; it signs with the key of its `certificate`.
  public init(
    store: any Store, settings: Settings = Settings(), certificate: Certificate, key: PrivateKey,
    trust: CircleInForce, now: Instant
  ) throws {
    let verified = try trust.circle.verify([certificate], as: .directoryTLS, at: now)
    guard let oid = verified.oid, key.publicKey == verified.publicKey else { throw AuthorityError.keyDoesNotFit }
    (self.store, self.settings, self.trust, self.certificate) = (store, settings, trust, certificate)
    signer = KeyHolder(try AddressStatement.directory(oid), key: key)
    try store.migrate([EventRecord.schema, AddressTable.schema, CallTable.schema])
  }
}

extension Desk {
  /// Forgets at most `limit` calls and as many entries whose time is over; returns how many. To be called now and then:
  /// nothing depends on when.
  public func sweep(limit: Int = 1000, given: Given) throws -> Int {
    try store.transaction { transaction in
      try CallTable.sweep(before: given.now, limit: limit, in: transaction)
        + AddressTable.sweep(before: given.now, limit: limit, in: transaction)
    }
  }
}
