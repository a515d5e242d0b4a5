import Bytes
import GSUP
import Identifiers
import Keys
import Synchronization
import Transport
import TransportSocket

/// Who gives vectors to the EAP server's door: our desk, or a foreign HLR.
public protocol VectorSource: Sendable {
  /// One vector with the separation bit of AMF set, for the serving node `node`.
  func quintuplet(of imsi: IMSI, by node: String, now: Instant, random: any RandomSource) throws -> Quintuplet
  /// `count` vectors for a network that knows GSM only.
  func triplets(of imsi: IMSI, count: Int, random: any RandomSource) throws -> [Triplet]
  /// A USIM answered the challenge `rand` with `auts`.
  func resynchronise(
    _ auts: ResynchronisationToken, of imsi: IMSI, rand: [UInt8], by node: String, now: Instant,
    random: any RandomSource) throws
}

extension Desk: VectorSource {
  public func quintuplet(
    of imsi: IMSI, by node: String, now: Instant, random: any RandomSource
  ) throws -> Quintuplet {
    let vectors = try quintuplets(for: imsi, by: node, access: .eps, now: now, random: random)
    guard let vector = vectors.first else { throw AuCError.unknownSubscriber(imsi) }
    return vector
  }

  public func triplets(of imsi: IMSI, count: Int, random: any RandomSource) throws -> [Triplet] {
    try triplets(for: imsi, count: count, random: random)
  }

  public func resynchronise(
    _ auts: ResynchronisationToken, of imsi: IMSI, rand: [UInt8], by node: String, now: Instant,
    random: any RandomSource
  ) throws { try take(auts, of: imsi, rand: rand, by: node, now: now, random: random) }
}

/// An HLR of somebody else, such as osmo-hlr, that is asked over GSUP as a node of the core asks: so hostapd, which knows
/// no GSUP, gets vectors from it.
public final class ForeignHLR: VectorSource {
  /// The HLR refuses.
  public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its cause; nil for one that nobody knows.
    public let cause: GSUPCause?

    public var description: String { "the HLR refuses: \(cause.map { "\($0)" } ?? "for a reason that nobody knows")" }
  }

  private let host: String
  private let port: Int
  private let name: String
  private let patience: Duration
  private let connection = Mutex<FrameClient?>(nil)

  /// The HLR at an address; `name` is what this side is called there.
  public init(host: String, port: Int, name: String = "simurgh-eap", patience: Duration = .seconds(5)) {
    (self.host, self.port, self.name, self.patience) = (host, port, name, patience)
  }

  public func quintuplet(
    of imsi: IMSI, by node: String, now: Instant, random: any RandomSource
  ) throws -> Quintuplet {
    guard let tuple = try ask(imsi, [], count: 1).first, let autn = AuthenticationToken(bytes: tuple.autn) else {
      throw Refusal(cause: nil)
    }
    return Quintuplet(rand: tuple.rand, xres: tuple.res, ck: Secret(tuple.ck), ik: Secret(tuple.ik), autn: autn)
  }

  public func triplets(of imsi: IMSI, count: Int, random: any RandomSource) throws -> [Triplet] {
    let tuples = try ask(imsi, [], count: count)
    guard (1...tuples.count).contains(count) else { throw Refusal(cause: nil) }
    return tuples.prefix(count).map { Triplet(rand: $0.rand, sres: $0.sres, kc: Secret($0.kc)) }
  }

  public func resynchronise(
    _ auts: ResynchronisationToken, of imsi: IMSI, rand: [UInt8], by node: String, now: Instant,
    random: any RandomSource
  ) throws {
    // The vectors of the answer are let go: the EAP server asks again.
    typealias Tag = GSUPMessage.Tag
    _ = try ask(imsi, [GSUPMessage.Element(Tag.auts, auts.bytes), GSUPMessage.Element(Tag.rand, rand)], count: 1)
  }

  /// Vectors for E-UTRAN, as the answer to SendAuthInfo. A connection that broke is made anew, once: sequence numbers of
  /// an answer that was lost are lost too, and no harm.
  private func ask(_ imsi: IMSI, _ elements: [GSUPMessage.Element], count: Int) throws -> [GSUPAuthTuple] {
    typealias Tag = GSUPMessage.Tag
    let request = GSUPMessage(
      .sendAuthInfoRequest, imsi: imsi,
      elements + [
        GSUPMessage.Element(Tag.currentRATType, [3]),
        GSUPMessage.Element(Tag.numberOfVectors, [UInt8(clamping: max(1, count))]),
      ])
    return try connection.withLock { connection in
      do {
        return try Self.ask(request, over: connected(&connection))
      } catch is LinkError {
        connection = nil
        return try Self.ask(request, over: connected(&connection))
      }
    }
  }

  private func connected(_ connection: inout FrameClient?) throws(LinkError) -> FrameClient {
    if let connection { return connection }
    let fresh = try FrameClient(host: host, port: port, framing: GSUPService.framing, patience: patience)
    let identity = IPAConnectionMessage.identityResponse([0: name, 1: name, 8: "0/0/0"])
    try fresh.send(IPAFrame(.connection, identity.payload).bytes)
    connection = fresh
    return fresh
  }

  /// How many frames that nobody asked for are passed over.
  private static let frameLimit = 100

  private static func ask(_ request: GSUPMessage, over connection: FrameClient) throws -> [GSUPAuthTuple] {
    try connection.send(IPAFrame(.gsup, request.bytes).bytes)
    for _ in 0..<frameLimit {
      guard let frame = IPAFrame(bytes: try connection.receive()) else { continue }
      if frame.stream == .connection, IPAConnectionMessage(payload: frame.payload) == .ping {
        try connection.send(IPAFrame(.connection, IPAConnectionMessage.pong.payload).bytes)
      }
      guard frame.stream == .gsup, let answer = GSUPMessage(bytes: frame.payload), answer.imsi == request.imsi else {
        continue
      }
      if answer.kind == request.kind.result { return answer.authTuples }
      if answer.kind == request.kind.error { throw Refusal(cause: answer.cause) }
    }
    throw LinkError(.malformed, "the HLR does not come to an answer")
  }
}
