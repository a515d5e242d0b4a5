import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import OperatorChange
import SGP22
import SecureMessages
import Stations
import Store

/// An operator's part in changes of operator: as the donor it lets subscribers go where its contracts allow it, as the
/// receiving operator it takes them in.
public struct Desk: Deciding {
  /// How events are signed in the record.
  static let party = "SubscriberTransfer"

  /// What the operator sets.
  public struct Settings: Sendable {
    /// How long the answer to a call is remembered.
    public var callMemory: Duration = .seconds(7 * 86_400)
    /// How long the receiving operator has the rights to an eUICC before they come back.
    public var rightsLifetime: Duration = .seconds(7 * 86_400)
    /// How long the donor may keep silent, or wait for its subscriber's consent.
    public var donorPatience: Duration = .seconds(3 * 86_400)
    /// How long somebody else is left to act before it is asked again.
    public var pause: Duration = .seconds(60)

    /// The usual settings.
    public init() {}
  }

  /// Another operator, with which there is a contract.
  public struct Peer: Sendable {
    /// Its name, under which it calls.
    public let name: String
    /// Its TLS certificate, whose key signs its messages.
    public let certificate: Certificate
    /// Where it is called.
    public let host: String

    /// All fields.
    public init(name: String, certificate: Certificate, host: String) {
      (self.name, self.certificate, self.host) = (name, certificate, host)
    }
  }

  public let store: any Store
  let settings: Settings
  /// The circle it trusts, in which revocation lists may come while it runs.
  public let trust: CircleInForce
  /// The operator's own name.
  public let name: String
  let me: KeyHolder
  let peers: [String: Peer]
  let callers: Requesters

  /// The desk of the operator called `name` over `store`, whose tables it brings up to date; it signs with the key of its
  /// TLS certificate.
  public init(
    store: any Store, settings: Settings = Settings(), name: String, key: PrivateKey, trust: CircleInForce,
    peers: [Peer]
  ) throws {
    (self.store, self.settings, self.trust, self.name) = (store, settings, trust, name)
    me = KeyHolder(try ChangeRequest.mno(name), key: key)
    self.peers = Dictionary(peers.map { ($0.name, $0) }) { first, _ in first }
    callers = Requesters(
      peers.map { .init(identifier: $0.name, fingerprints: [sha256($0.certificate.encoded)]) })
    try store.migrate([EventRecord.schema, Steps.schema, TransferTables.schema, CallTable.schema])
  }

  /// The operator called `name`, with the key that its messages are signed with; refused where its certificate was revoked.
  func known(_ name: String) throws(Denial) -> KnownParty {
    guard let peer = peers[name], let party = try? ChangeRequest.mno(name) else {
      throw Refusal.requesterUnknown.because("there is no contract with \(name)")
    }
    if let date = trust.circle.revocation(of: peer.certificate) {
      throw Refusal.requesterUnknown.because("\(name)'s certificate was revoked on \(date)")
    }
    return KnownParty(party, key: peer.certificate.publicKey)
  }

  /// A number that no other statement of this desk has: 62 bits of chance.
  func term(given: Given, lifetime: Duration) -> Term {
    let serial = given.random.bytes(8).reduce(0) { $0 << 8 | Int($1) & 0xFF } & Int.max >> 1
    return Term(serial: serial, notBefore: given.now, notAfter: given.now + lifetime)
  }

  func trail(_ name: String, _ text: String, of eid: EID, kind: Event.Kind = .changed, now: Instant) -> Event {
    Event(at: now, party: Self.party, kind: kind, name: name, correlation: eid.digits, body: .text(text))
  }

  func perform<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
    try store.retrying { store in try store.transaction(body) }
  }
}
