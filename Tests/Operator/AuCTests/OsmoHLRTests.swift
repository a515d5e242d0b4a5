import AuC
import Bytes
import Foundation
import GSUP
import Identifiers
import Keys
import Synchronization
import TestStores
import Testing
import Transport
import TransportSocket

@Suite("A change of keys on a foreign HLR", .overEveryStore) struct OsmoHLRTests {
  /// An osmo-hlr as its control interface shows it, with replies that get lost.
  private final class SampleHLR: ControlLink {
    struct State {
      var keys: [String: String] = [:]
      var sets = 0
      /// Which of the coming messages lose their reply, and which do not even arrive.
      var lost: [Int: Bool] = [:]
      var count = 0
    }
    let state = Mutex(State())

    func get(_ variable: String) throws -> String {
      try exchange { state in
        let parts = variable.split(separator: ".")
        guard let value = state.keys[String(parts[1].dropFirst(8))] else { throw ControlRefusal("No such subscriber.") }
        return parts[2] == "info" ? String(parts[1].dropFirst(8)) : value
      }
    }

    func set(_ variable: String, _ value: String) throws {
      _ = try exchange { state in
        if variable == "subscriber.create" {
          guard state.keys[value] == nil else { throw ControlRefusal("Subscriber already exists.") }
          state.keys[value] = "none"
        } else {
          state.keys[String(variable.split(separator: ".")[1].dropFirst(8))] =
            value.replacing("milenage", with: "MILENAGE").replacing("opc", with: "OPC")
          state.sets += 1
        }
        return ""
      }
    }

    private func exchange(_ body: (inout State) throws -> String) throws -> String {
      try state.withLock { state in
        state.count += 1
        switch state.lost[state.count] {
        case true?: throw LinkError(.broken, "the request got lost")
        case false?:
          _ = try body(&state)
          throw LinkError(.broken, "the reply got lost")
        case nil: return try body(&state)
        }
      }
    }
  }

  private let lab: Laboratory
  private let imsi: IMSI
  private let hlr = SampleHLR()

  init() throws {
    lab = try Laboratory(seed: "osmo-hlr")
    imsi = try Laboratory.imsi()
  }

  @Test("whichever request or reply gets lost, the commit is repeated until both sides have the same keys")
  func unknownOutcome() throws {
    let change = try #require(ChangeID("order-1"))
    for (number, arrives) in (1...5).flatMap({ number in [true, false].map { (number, $0) } }) {
      let hlr = SampleHLR()
      let lab = try Laboratory(seed: "lost \(number) \(arrives)")
      let authority = OsmoHLR(ledger: lab.desk, link: hlr)
      let subscriber = try Subscriber(imsi: imsi, credentials: lab.milenage())
      try authority.prepare(subscriber, as: change, now: lab.now, random: lab.random)
      #expect(hlr.state.withLock { $0.count } == 0)
      hlr.state.withLock { $0.lost = [number: arrives] }
      var tries = 0
      while tries < 3 {
        tries += 1
        do {
          try authority.commit(change, of: imsi, now: lab.now, random: lab.random)
          break
        } catch let error as LinkError {
          #expect(error.kind == .broken)
          #expect(
            try lab.desk.summary(of: imsi).keys.map(\.state) == [.prepared], "nothing is noted before it is known")
        }
      }
      #expect(tries <= 2)
      #expect(try lab.desk.summary(of: imsi).keys.map(\.state) == [.active])
      #expect(
        hlr.state.withLock { $0.keys[imsi.digits]?.contains(subscriber.credentials.k.bytes.hex.lowercased()) } == true)
      // What is there already is not set again: it would set the sequence numbers back.
      #expect(hlr.state.withLock { $0.sets } == 1)
      try authority.commit(change, of: imsi, now: lab.now, random: lab.random)
      #expect(hlr.state.withLock { $0.sets } == 1)
    }
  }

  @Test("an abandoned change never reaches the HLR; what it cannot hold is refused when it is prepared") func refusals()
    throws
  {
    let authority = OsmoHLR(ledger: lab.desk, link: hlr)
    let change = try #require(ChangeID("order-1"))
    try authority.prepare(
      Subscriber(imsi: imsi, credentials: lab.milenage()), as: change, now: lab.now, random: lab.random)
    try authority.abandon(change, of: imsi, now: lab.now, random: lab.random)
    #expect(throws: AuCError.unknownChange(imsi, change)) {
      try authority.commit(change, of: imsi, now: lab.now, random: lab.random)
    }
    #expect(hlr.state.withLock { $0.count } == 0)
    let tuak = try Credentials(k: Secret(lab.random.bytes(16)), algorithm: .tuak(topc: Secret(lab.random.bytes(32))))
    #expect(throws: OsmoHLR.Refusal.milenageOnly(imsi)) {
      try authority.prepare(
        Subscriber(imsi: imsi, credentials: tuak), as: change, now: lab.now, random: lab.random)
    }
  }

  private static let isThere = ProcessInfo.processInfo.environment["SIMURGH_OSMO_HLR"] != nil

  @Test(
    "osmo-hlr itself: its tuples are ours, a change of keys takes at once, and keys that come back are healed by AUTS",
    .enabled(if: isThere, "set SIMURGH_OSMO_HLR where an osmo-hlr runs, or run Tests/Interop/osmo-hlr"))
  func osmoHLR() throws {
    let authority = OsmoHLR(ledger: lab.desk, link: ControlClient())
    let node = try Node()
    func change(_ name: String, _ credentials: Credentials) throws {
      let change = try #require(ChangeID(name))
      let subscriber = try Subscriber(imsi: imsi, credentials: credentials)
      try authority.prepare(subscriber, as: change, now: lab.now, random: lab.random)
      try authority.commit(change, of: imsi, now: lab.now, random: lab.random)
    }
    let (old, new) = (try lab.milenage(), try lab.milenage())
    var oldCard = USIM(algorithm: try old.makeAlgorithm(), numbers: SequenceNumberArray())
    var newCard = USIM(algorithm: try new.makeAlgorithm(), numbers: SequenceNumberArray())
    try change("first", old)
    for _ in 0..<3 {
      for tuple in try node.vectors(of: imsi) { #expect(try isOurs(tuple, of: &oldCard)) }
    }
    try change("second", new)
    let first = try node.vectors(of: imsi)
    #expect(try oldCard.authenticate(rand: first[0].rand, autn: #require(.init(bytes: first[0].autn))) == .macFailure)
    for tuple in first { #expect(try isOurs(tuple, of: &newCard)) }
    try change("back", old)
    let behind = try node.vectors(of: imsi)[0]
    let token = try #require(AuthenticationToken(bytes: behind.autn))
    guard case .synchronisationFailure(let auts) = try oldCard.authenticate(rand: behind.rand, autn: token) else {
      Issue.record("osmo-hlr was to have set its sequence numbers back")
      return
    }
    for tuple in try node.vectors(of: imsi, auts: auts, rand: behind.rand) {
      #expect(try isOurs(tuple, of: &oldCard))
    }
  }

  /// Whether the card takes a tuple, and every part of it is what our algorithms make of its RAND and SQN.
  private func isOurs(_ tuple: GSUPAuthTuple, of card: inout USIM) throws -> Bool {
    let token = try #require(AuthenticationToken(bytes: tuple.autn))
    let response = try card.algorithm.f2345(rand: tuple.rand)
    let sqn = try #require(try card.algorithm.sequenceNumber(in: token, rand: tuple.rand, response: response))
    let ours = try card.algorithm.authenticationToken(rand: tuple.rand, sqn: sqn, amf: token.amf, response: response)
    #expect(ours.bytes == tuple.autn && response.ck.bytes == tuple.ck && response.ik.bytes == tuple.ik)
    #expect(response.kc.bytes == tuple.kc && response.sres == tuple.sres)
    return try card.authenticate(rand: tuple.rand, autn: token) == .response(tuple.res)
  }

  /// A core's node, as far as authentication goes.
  private struct Node {
    private let connection: FrameClient

    init() throws {
      connection = try FrameClient(host: "127.0.0.1", port: 4222, framing: GSUPService.framing, patience: .seconds(5))
      let name = "SGSN-00-00-00-00-00-01"
      let identity = IPAConnectionMessage.identityResponse([0: name, 1: name, 8: "0/0/0"])
      try connection.send(IPAFrame(.connection, identity.payload).bytes)
    }

    func vectors(of imsi: IMSI, auts: ResynchronisationToken? = nil, rand: [UInt8] = []) throws -> [GSUPAuthTuple] {
      typealias Tag = GSUPMessage.Tag
      let resynchronisation = auts.map {
        [GSUPMessage.Element(Tag.auts, $0.bytes), GSUPMessage.Element(Tag.rand, rand)]
      }
      let request = GSUPMessage(.sendAuthInfoRequest, imsi: imsi, resynchronisation ?? [])
      try connection.send(IPAFrame(.gsup, request.bytes).bytes)
      while true {
        let frame = try #require(IPAFrame(bytes: connection.receive()))
        guard frame.stream == .gsup else { continue }
        let answer = try #require(GSUPMessage(bytes: frame.payload))
        #expect(answer.kind == .sendAuthInfoRequest.result, "\(answer.kind) \(String(describing: answer.cause))")
        return answer.authTuples
      }
    }
  }
}
