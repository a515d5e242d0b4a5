import Bytes
import GSUP
import Identifiers
import Keys
import Store

/// What nodes of an Osmocom core ask over GSUP, and what they are told: vectors, resynchronisation, location.
public struct GSUPRoute: Sendable {
  /// A message and the node it goes to.
  public struct Delivery: Hashable, Sendable {
    public let node: String
    public let message: GSUPMessage
  }

  /// As many vectors as Osmocom's cores take at once.
  static let vectorsAtOnce = 5

  private let desk: Desk

  /// The route to a desk in whose store ``LocationTable/schema`` is too.
  public init(_ desk: Desk) { self.desk = desk }

  /// The frame that answers a payload from `node` without waiting for the store; nil where it takes more.
  func respondAtOnce(to payload: [UInt8], from node: String, now: Instant, random: any RandomSource) -> [UInt8]? {
    guard let request = GSUPVectors(payload: payload),
      let portion = desk.reserve.take(request.count, of: request.imsi, by: node, now: now)
    else { return nil }
    return request.answer(portion, random: random)
  }

  /// What a message from `node` leads to: usually the answer to it.
  public func respond(
    to message: GSUPMessage, from node: String, now: Instant, random: any RandomSource
  ) async -> [Delivery] {
    guard let imsi = message.imsi else {
      return message.kind.isRequest
        ? [Delivery(node: node, message: message.refusal(.invalidMandatoryInformation))] : []
    }
    do {
      switch message.kind {
      case .sendAuthInfoRequest:
        let elements = try await vectors(message, imsi, node, now: now, random: random)
        return [Delivery(node: node, message: message.answer(message.kind.result, elements))]
      case .updateLocationRequest: return try await updateLocation(message, imsi, node, now: now)
      case .insertDataRequest.result: return try await insertedData(message, imsi, node)
      case .purgeMSRequest:
        try await desk.store.transaction { transaction in
          _ = try SubscriberTable.active(imsi, in: transaction)
          try LocationTable.purge(imsi, message.cnDomain, at: node, in: transaction)
        }
        // TS 23.060 §6.8: the temporary identity of who was purged is kept back.
        let frozen = GSUPMessage.Element(GSUPMessage.Tag.freezePTMSI, [])
        return [Delivery(node: node, message: message.answer(message.kind.result, [frozen]))]
      case .authFailReport:
        try await desk.store.transaction { transaction in
          try desk.note(
            .refused, of: imsi, "an authentication that failed", by: node, now: now, random: random, in: transaction)
        }
        return []
      default:
        return message.kind.isRequest ? [Delivery(node: node, message: message.refusal(.messageTypeUnknown))] : []
      }
    } catch {
      return message.kind.isRequest ? [Delivery(node: node, message: message.refusal(Self.cause(of: error)))] : []
    }
  }

  /// SendAuthInfo, with AUTS and its RAND where a USIM wants to resynchronise.
  private func vectors(
    _ message: GSUPMessage, _ imsi: IMSI, _ node: String, now: Instant, random: any RandomSource
  ) async throws -> [GSUPMessage.Element] {
    let wanted = message[GSUPMessage.Tag.numberOfVectors].flatMap { Int(bigEndian: $0) } ?? Self.vectorsAtOnce
    let count = min(max(1, wanted), Self.vectorsAtOnce)
    let access: AccessNetwork = message.isForEUTRAN ? .eps : .utran
    let vectors: [Quintuplet]
    switch (message[GSUPMessage.Tag.auts], message[GSUPMessage.Tag.rand]) {
    case (nil, nil):
      vectors = try await desk.quintuplets(
        for: imsi, by: node, access: access, count: count, now: now, random: random)
    case (let auts?, let rand?) where rand.count == 16:
      guard let auts = ResynchronisationToken(bytes: auts) else { throw Malformed() }
      vectors = try await desk.resynchronise(
        imsi, rand: rand, auts: auts, by: node, access: access, count: count, now: now, random: random)
    default: throw Malformed()
    }
    return vectors.map { GSUPAuthTuple($0).element }
  }

  private struct Malformed: Error {}

  /// The node is noted, gets the subscriber's data, and has the location confirmed once it took them; the former one is
  /// told to forget (TS 23.012 §3.6.1.1).
  private func updateLocation(
    _ message: GSUPMessage, _ imsi: IMSI, _ node: String, now: Instant
  ) async throws -> [Delivery] {
    let domain = message.cnDomain
    let (former, number) = try await desk.store.transaction { transaction in
      _ = try SubscriberTable.admitted(imsi, in: transaction)
      return (
        try LocationTable.move(imsi, domain, to: node, now: now, in: transaction),
        try SubscriberNumberTable.number(of: imsi, in: transaction)
      )
    }
    typealias Tag = GSUPMessage.Tag
    var data = [GSUPMessage.Element(Tag.cnDomain, [domain.rawValue])]
    if let number { data.append(GSUPMessage.Element(Tag.msisdn, number.gsupValue)) }
    if domain == .packetSwitched {
      // One context, IPv4 (F1 21), any access point ("*").
      let context = [
        GSUPMessage.Element(Tag.pdpContextID, [1]), GSUPMessage.Element(Tag.pdpType, [0xF1, 0x21]),
        GSUPMessage.Element(Tag.accessPointName, [0x01, 0x2A]),
      ]
      data += [
        GSUPMessage.Element(Tag.pdpInfoComplete, []), GSUPMessage.Element(Tag.pdpInfo, context.flatMap(\.bytes)),
      ]
    }
    var deliveries = [Delivery(node: node, message: message.answer(.insertDataRequest, data))]
    if let former {
      // Cancel type 0: update.
      let cancel = GSUPMessage(
        .locationCancelRequest, imsi: imsi,
        [GSUPMessage.Element(Tag.cnDomain, [domain.rawValue]), GSUPMessage.Element(Tag.cancelType, [0])])
      deliveries.append(Delivery(node: former, message: cancel))
    }
    return deliveries
  }

  private func insertedData(_ message: GSUPMessage, _ imsi: IMSI, _ node: String) async throws -> [Delivery] {
    let waited = try await desk.store.transaction { try LocationTable.confirm(imsi, at: node, in: $0) }
    guard waited else { return [] }
    return [Delivery(node: node, message: message.answer(GSUPMessage.Kind.updateLocationRequest.result))]
  }

  /// TS 23.012 §3.6.1.1: what nodes are to be told that serve subscribers who were barred, closed or removed since;
  /// those to whom `isThere` says no stay for the next time. The location is forgotten after `tell`, so that a crash
  /// leads to a second telling and never to none.
  func withdraw(isThere: (String) -> Bool, tell: (Delivery) -> Void) throws {
    let places = try desk.store.read { try LocationTable.withdrawn(limit: Self.withdrawalsAtOnce, in: $0) }
    let reached = places.filter { isThere($0.node) }
    for place in reached {
      // Cancel type 1: withdraw.
      let elements = [
        GSUPMessage.Element(GSUPMessage.Tag.cnDomain, [place.domain.rawValue]),
        GSUPMessage.Element(GSUPMessage.Tag.cancelType, [1]),
      ]
      tell(Delivery(node: place.node, message: GSUPMessage(.locationCancelRequest, imsi: place.imsi, elements)))
    }
    guard !reached.isEmpty else { return }
    try desk.store.transaction { transaction in
      for place in reached { try LocationTable.purge(place.imsi, place.domain, at: place.node, in: transaction) }
      try LocationTable.tidyWithdrawals(in: transaction)
    }
  }

  private static let withdrawalsAtOnce = 1000

  private static func cause(of error: any Error) -> GSUPCause {
    switch error {
    case AuCError.unknownSubscriber, AuCError.notActive, AuCError.closed: .imsiUnknown
    // TS 29.010: operator determined barring is "PLMN not allowed" to the mobile, which so keeps its SIM.
    case AuCError.barred: .plmnNotAllowed
    case AuCError.wrongAUTS, AuCError.sequenceNumbersUsedUp: .illegalMS
    case is Malformed: .invalidMandatoryInformation
    case let error as StoreError where error.isTemporary: .congestion
    default: .networkFailure
    }
  }
}

extension GSUPAuthTuple {
  /// A quintuplet, and the triplet that conversion functions c2 and c3 make of it (TS 33.102 §6.8.1.2).
  init(_ vector: Quintuplet) {
    let response = AuthenticationResponse(res: vector.xres, ck: vector.ck, ik: vector.ik, ak: [])
    self.init(
      rand: vector.rand, sres: response.sres, kc: response.kc.bytes, ik: vector.ik.bytes, ck: vector.ck.bytes,
      autn: vector.autn.bytes, res: vector.xres)
  }
}
