import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import SecureMessages
import Stations
import Store
import TLV

/// The SM-SR itself: the eUICCs that it manages, what operators have done with their profiles, and the packets that it
/// secures with the management keys. It never sees a profile: what it carries is closed for it.
public struct Desk: Deciding {
  /// How events are signed in the record.
  static let party = "SM-SR"

  /// What an operator of the server sets.
  public struct Settings: Sendable {
    /// How long the answer to a call is remembered.
    public var callMemory: Duration = .seconds(7 * 86_400)
    /// The pauses until a packet that was not answered is sent again.
    public var resending = BackOff(first: .seconds(30), longest: .seconds(3600))
    /// How long an SM-DP may keep silent in the midst of a download before another SM-DP is heard.
    public var talkPause: Duration = .seconds(120)
    /// How long a change of SM-SR may wait for the new one to begin; then the eUICC stays.
    public var changePatience: Duration = .seconds(7 * 86_400)

    /// The usual settings.
    public init() {}
  }

  /// What an SM-SR shows an eUICC that it takes over.
  public struct CardCredentials: Sendable {
    /// CERT.SR.ECDSA.
    public let certificate: PartyCertificate
    /// Its key.
    public let key: PrivateKey
    /// The number that the eUICC's notifications go to: kind and digits, as ``ES5/updateSMSRAddressingParameters(_:)``.
    public let address: [UInt8]

    /// All fields.
    public init(certificate: PartyCertificate, key: PrivateKey, address: [UInt8]) {
      (self.certificate, self.key, self.address) = (certificate, key, address)
    }
  }

  public let store: any Store
  let settings: Settings
  /// The circle it trusts, in which revocation lists may come while it runs.
  public let trust: CircleInForce
  /// The SM-SR's object identifier, in digits and dots.
  public let identifier: String
  let me: KeyHolder
  let keys: ManagementKeys
  let makers: Requesters
  let operators: Requesters
  let smdps: Requesters
  let card: CardCredentials?

  /// A desk over `store`, whose tables it brings up to date. `certificate` and `key` are those it shows in TLS: keys for
  /// it are sealed to them. `makers` may register eUICCs, `operators` may own profiles, `smdps` may download what the
  /// operators let them. Without `card` it takes over no eUICC of another SM-SR.
  public init(
    store: any Store, settings: Settings = Settings(), certificate: Certificate, key: PrivateKey, vault: KeyVault,
    trust: CircleInForce, makers: Requesters, operators: Requesters, smdps: Requesters = Requesters(),
    card: CardCredentials? = nil, now: Instant
  ) throws {
    let verified = try trust.circle.verify([certificate], as: .srTLS, at: now)
    guard let oid = verified.oid, key.publicKey == verified.publicKey else { throw AuthorityError.keyDoesNotFit }
    (self.store, self.settings, self.trust) = (store, settings, trust)
    (self.makers, self.operators, self.smdps) = (makers, operators, smdps)
    (self.card, keys) = (card, ManagementKeys(vault: vault))
    (identifier, me) = (oid.description, KeyHolder(try ManagementKeySet.manager(oid), key: key))
    try Self.migrate(store)
  }

  /// The profile, which must be `owner`'s: another's is as unknown as one that does not exist.
  func profile(
    _ target: ProfileTarget, of owner: Requesters.Requester, in reader: any Reader
  ) throws -> (profile: EISProfile, all: [EISProfile]) {
    guard try EISTable.isManaged(target.eid, in: reader) else {
      throw Refusal.eidUnknown.because("\(owner.identifier) asked for \(target.eid)")
    }
    let all = try EISTable.profiles(of: target.eid, in: reader)
    guard let profile = all.first(where: { $0.iccid == target.iccid && $0.mnoId == owner.identifier }) else {
      throw Refusal.profileUnknown.because("\(owner.identifier) asked for \(target.iccid) on \(target.eid)")
    }
    return (profile, all)
  }

  /// The same for its operator, or for the SM-DP that manages it for the operator.
  func profile(
    _ target: ProfileTarget, for caller: Requesters.Requester, in reader: any Reader
  ) throws -> (profile: EISProfile, all: [EISProfile]) {
    guard smdps[caller.identifier] == caller else { return try profile(target, of: caller, in: reader) }
    guard try EISTable.isManaged(target.eid, in: reader) else {
      throw Refusal.eidUnknown.because("\(caller.identifier) asked for \(target.eid)")
    }
    let all = try EISTable.profiles(of: target.eid, in: reader)
    guard let profile = all.first(where: { $0.iccid == target.iccid && $0.smdpId == caller.identifier }),
      try EISTable.isAuthorised(caller.identifier, by: profile.mnoId, for: target, in: reader)
    else { throw Refusal.profileUnknown.because("\(caller.identifier) asked for \(target.iccid) on \(target.eid)") }
    return (profile, all)
  }

  /// What is written in the audit trail of `eid`.
  func trail(_ name: String, _ text: String, of eid: EID, kind: Event.Kind = .changed, given: Given) -> Event {
    Event(at: given.now, party: Self.party, kind: kind, name: name, correlation: eid.digits, body: .text(text))
  }
}
