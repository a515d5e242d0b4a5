import Bytes
import Identifiers
import MutualAgreement
import SecureMessages
import Store
import TLV
import Transport

/// Messages to other parties that must arrive: in the outbox until they are taken.
public enum Parcels {
  static let kind = "C"

  /// Puts a message in, to be delivered after this transaction's commit; those to one peer arrive in order.
  public static func put(
    _ message: [UInt8], to peer: Party, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    try Outbox.put(session: peer.name, kind: kind, payload: message, now: now, in: transaction)
  }

  /// Whether a refusal may pass: who does not agree with the sender yet may do so later, and then wants to have heard it.
  private static func isPassing(_ refusal: AgreementRefusal) -> Bool {
    [.noAnswer, .failed, .noAgreement].contains(refusal)
  }

  /// Before `peer` is asked for something: delivers what waits for it, for its answer depends on what it knows.
  public static func catchUp(
    _ peer: Party, from store: any Store, over peers: any Peers, party: String, now: Instant
  ) throws {
    guard try store.read({ try !Outbox.pending(session: peer.name, limit: 1, in: $0).isEmpty }) else { return }
    try deliver(from: store, over: peers, party: party, now: now)
  }

  /// Delivers what is due; how many were taken. What a peer refuses is not sent again, and stands in the record.
  @discardableResult
  public static func deliver(from store: any Store, over peers: any Peers, party: String, now: Instant) throws -> Int {
    var count = 0
    while let due = try store.read({ try Outbox.nextDue(in: $0) }), due <= now {
      let items = try store.transaction {
        try Outbox.claim(kinds: [kind], limit: 16, lease: .seconds(120), now: now, in: $0)
      }
      guard !items.isEmpty else { break }
      for item in items {
        let peer = try Party(item.session)
        do throws(AgreementRefusal) {
          _ = try peers.ask(item.payload, of: peer, for: Taken.self)
          try? store.transaction { try Outbox.taken(item, in: $0) }
          count += 1
        } catch  where isPassing(error) {
          try store.transaction { try Outbox.failed(item, because: "\(error)", now: now, in: $0) }
        } catch {
          try store.transaction { transaction in
            try Outbox.taken(item, in: transaction)
            try EventRecord.append(
              Event(
                at: now, party: party, peer: peer.name, kind: .refused, name: "parcel", correlation: peer.name,
                body: .text("\(error)")), in: transaction)
          }
        }
      }
    }
    return count
  }
}

/// Peers over HTTPS: each at its own host.
public struct ServerPeers: Peers {
  private let link: any ServerLink & Sendable
  private let hosts: @Sendable (Party) -> String?

  /// Peers behind `link`, each at the host that `hosts` tells.
  public init(_ link: any ServerLink & Sendable, hosts: @escaping @Sendable (Party) -> String?) {
    (self.link, self.hosts) = (link, hosts)
  }

  public func send(_ message: [UInt8], to peer: Party) throws -> [UInt8] {
    guard let host = hosts(peer) else {
      throw LinkError(.unreachable, "nobody says where \(peer) is; enter its host")
    }
    let reply = try link.exchange(
      Message(
        host: host, path: AgreementPath.path, headers: ["Content-Type": AgreementPath.contentType], body: message))
    guard reply.status == 200 else { throw LinkError(.malformed, "\(host) answers with status \(reply.status)") }
    return reply.body
  }
}
