import AuC
import Bytes
import GSUP
import Identifiers
import Keys
import Store
import Synchronization
import TestStores
import Testing
import TransportSocket

@Suite("GSUP: a core that is hostile, broken or only different") struct HostileCoreTests {
  let lab: Laboratory
  let imsi: IMSI

  init() throws {
    lab = try Laboratory(seed: "hostile core")
    imsi = try Laboratory.imsi()
    try lab.store.migrate([SubscriberTable.schema, EventRecord.schema, LocationTable.schema])
    _ = try lab.subscribe(imsi, lab.milenage())
  }

  /// Tests share few threads, and a long one may hold them all.
  static let patience: Duration = .seconds(120)

  private typealias Tag = GSUPMessage.Tag
  private typealias Element = GSUPMessage.Element

  /// Every kind of message that an Osmocom node sends, as long as it gets.
  private var messages: [GSUPMessage] {
    let vectors = [
      Element(Tag.cnDomain, [2]), Element(Tag.currentRATType, [3]), Element(Tag.numberOfVectors, [2]),
      Element(Tag.sourceName, Array("MSC\0".utf8)),
    ]
    let auts = [Element(Tag.auts, lab.random.bytes(14)), Element(Tag.rand, lab.random.bytes(16))]
    return [
      GSUPMessage(.sendAuthInfoRequest, imsi: imsi, vectors), GSUPMessage(.sendAuthInfoRequest, imsi: imsi, auts),
      GSUPMessage(.updateLocationRequest, imsi: imsi, [Element(Tag.cnDomain, [2])]),
      GSUPMessage(.insertDataRequest.result, imsi: imsi), GSUPMessage(.purgeMSRequest, imsi: imsi),
      GSUPMessage(.authFailReport, imsi: imsi), GSUPMessage(.locationCancelRequest.result, imsi: imsi),
    ]
  }

  private func answers(_ bytes: [UInt8]) async -> [GSUPMessage]? {
    guard let message = GSUPMessage(bytes: bytes) else { return nil }
    return await GSUPRoute(lab.desk).respond(to: message, from: "MSC-1", now: lab.now, random: lab.random).map(
      \.message)
  }

  @Test(
    "a message cut at any byte, or changed in any byte, is answered by at most two short messages, and leaves the keys")
  func everyByte() async throws {
    for message in messages {
      let bytes = message.bytes
      for count in 0..<bytes.count { #expect((await answers(Array(bytes.prefix(count))) ?? []).count <= 2) }
      for index in bytes.indices {
        for value in [0x00, 0x01, 0x7F, 0x80, 0xFF, bytes[index] ^ 1] as [UInt8] {
          var changed = bytes
          changed[index] = value
          for answer in await answers(changed) ?? [] {
            #expect(answer.bytes.count < 2048)
            // Vectors go to nobody but this subscriber's request.
            if !answer.authTuples.isEmpty { #expect(answer.imsi == imsi) }
          }
        }
      }
    }
    let summary = try lab.desk.summary(of: imsi)
    #expect(summary.standing == .active && summary.keys.count == 1)
  }

  @Test("frames cut or changed at any byte end their own connection at most; others are served on") func frames()
    async throws
  {
    let (random, now) = (lab.random, lab.now)
    let log = Log()
    let server = try await FrameServer(
      host: "127.0.0.1", port: 0, framing: GSUPService.framing,
      service: GSUPService(GSUPRoute(lab.desk), random: random, log: { log.note($0) }) { now })
    func connect(_ name: String?) throws -> FrameClient {
      let client = try FrameClient(
        host: "127.0.0.1", port: server.port, framing: GSUPService.framing, patience: Self.patience)
      if let name {
        try client.send(IPAFrame(.connection, IPAConnectionMessage.identityResponse([0: name]).payload).bytes)
      }
      return client
    }
    let request = IPAFrame(.gsup, GSUPMessage(.sendAuthInfoRequest, imsi: imsi).bytes).bytes
    @Sendable func isServed(_ client: FrameClient) async throws -> Bool {
      try await onThread {
        try client.send(request)
        while true {
          let frame = try #require(IPAFrame(bytes: client.receive()))
          if frame.stream == .gsup { return GSUPMessage(bytes: frame.payload)?.authTuples.count == 5 }
        }
      }
    }
    let good = try connect("MSC-good")
    #expect(try await isServed(good))
    let frames = [
      IPAFrame(.gsup, messages[0].bytes).bytes,
      IPAFrame(.connection, IPAConnectionMessage.identityResponse([0: "MSC-bad", 1: "x"]).payload).bytes,
      [0xFF, 0xFF, 0xEE, 0x05], [0x00, 0x00, 0xFE], [0x00, 0x01, 0x99, 0x00],
    ]
    for frame in frames {
      for count in 0..<frame.count { try? connect("MSC-bad").send(Array(frame.prefix(count))) }
      for index in frame.indices {
        var changed = frame
        changed[index] ^= 0x81
        try? connect(index % 2 == 0 ? "MSC-bad" : nil).send(changed)
      }
    }
    #expect(try await isServed(good))
    // Who does not say who it is, is told nothing.
    let nameless = try connect(nil)
    await #expect(throws: (any Error).self) { try await isServed(nameless) }
    #expect(try await isServed(good))
    for frame in [[0x00, 0x04, 0xEE, 0x05, 0x08, 0x01, 0x08], [0xFF, 0xFF, 0xEE, 0x05]] as [[UInt8]] {
      let bad = try connect("MSC-bad")
      try bad.send(frame)
      await #expect(throws: (any Error).self) { try await isServed(bad) }
    }
    await server.stop()
    // What was refused stands in the log, with its cause.
    for cause in ["it sent what is no IPA frame", "it asked before it said who it is", "a malformed GSUP message"] {
      #expect(log.lines.contains { $0.hasPrefix("GSUP: closed the connection of ") && $0.contains(cause) }, "\(cause)")
    }
  }

  /// What an operator would read.
  private final class Log: Sendable {
    private let kept = Mutex([String]())
    var lines: [String] { kept.withLock { $0 } }
    func note(_ line: String) { kept.withLock { $0.append(line) } }
  }

  @Test("the request that is answered at once gets the same answer as by the longer way") func prompt() async throws {
    let (random, now) = (lab.random, lab.now)
    let server = try await FrameServer(
      host: "127.0.0.1", port: 0, framing: GSUPService.framing,
      service: GSUPService(GSUPRoute(lab.desk), random: random) { now })
    let client = try FrameClient(
      host: "127.0.0.1", port: server.port, framing: GSUPService.framing, patience: Self.patience)
    try client.send(IPAFrame(.connection, IPAConnectionMessage.identityResponse([0: "MSC"]).payload).bytes)
    let credentials = try lab.milenage()
    let other = try Laboratory.imsi(2)
    var usim = try lab.subscribe(other, credentials)
    // The first comes from the store, the next ones from the reserve.
    for (round, elements) in [
      [], [Element(Tag.currentRATType, [3])], [Element(Tag.numberOfVectors, [2]), Element(Tag.cnDomain, [1])], [],
    ].enumerated() {
      let before = lab.store.counts.transactions
      try client.send(IPAFrame(.gsup, GSUPMessage(.sendAuthInfoRequest, imsi: other, elements).bytes).bytes)
      let message = try await onThread {
        while true {
          let frame = try #require(IPAFrame(bytes: client.receive()))
          if frame.stream == .gsup { return try #require(GSUPMessage(bytes: frame.payload)) }
        }
      }
      #expect(message.kind == .sendAuthInfoRequest.result && message.imsi == other)
      #expect(message.authTuples.count == [5, 5, 2, 5][round])
      for tuple in message.authTuples {
        let token = try #require(AuthenticationToken(bytes: tuple.autn))
        #expect(token.amf == (round == 1 ? [0x80, 0x00] : [0x00, 0x00]))
        let response = try usim.algorithm.f2345(rand: tuple.rand)
        #expect(tuple.sres == response.sres && tuple.kc == response.kc.bytes)
        #expect(tuple.ck == response.ck.bytes && tuple.ik == response.ik.bytes)
        #expect(try usim.authenticate(rand: tuple.rand, autn: token) == .response(tuple.res))
      }
      #expect(lab.store.counts.transactions - before == (round == 0 ? 1 : 0))
    }
    await server.stop()
  }

  @Test("InsertSubscriberData tells the number as osmo-hlr does, and the access points to the packet half alone")
  func insertedData() async throws {
    let number = try #require(MSISDN("+491701234567"))
    try lab.desk.setNumber(number, of: imsi, now: lab.now, random: lab.random)
    for domain in CNDomain.allCases {
      let request = GSUPMessage(.updateLocationRequest, imsi: imsi, [Element(Tag.cnDomain, [domain.rawValue])])
      let data = try #require(await answers(request.bytes)?.first)
      #expect(data[Tag.msisdn]?.hex == "06947110325476")
      #expect(data[Tag.pdpInfo]?.hex == (domain == .packetSwitched ? "1001011102F1211202012A" : nil))
      #expect((data[Tag.pdpInfoComplete] != nil) == (domain == .packetSwitched))
    }
    try lab.desk.setNumber(nil, of: imsi, now: lab.now, random: lab.random)
    let request = GSUPMessage(.updateLocationRequest, imsi: imsi, [Element(Tag.cnDomain, [2])])
    #expect(try #require(await answers(request.bytes)?.first)[Tag.msisdn] == nil)
    for text in ["", "+", "12a", "1234567890123456"] { #expect(MSISDN(text) == nil) }
  }

  @Test("PurgeMS of a subscriber whom nobody knows is refused with its cause") func purge() async throws {
    let unknown = try GSUPMessage(.purgeMSRequest, imsi: Laboratory.imsi(9))
    #expect(await answers(unknown.bytes)?.map(\.cause) == [.imsiUnknown])
  }
}

@Suite("eap_sim_db over somebody else's HLR") struct ForeignHLRTests {
  @Test(
    "vectors, triplets, AUTS and refusals come through GSUP as from our own desk; a connection that broke is made anew")
  func foreign() async throws {
    let lab = try Laboratory(seed: "foreign HLR")
    let imsi = try Laboratory.imsi()
    try lab.store.migrate([SubscriberTable.schema, EventRecord.schema, LocationTable.schema])
    var usim = try lab.subscribe(imsi, lab.milenage())
    // Ahead of the first vector, but not of the block that it came from.
    usim.numbers = try #require(SequenceNumberArray(highest: Array(repeating: 1000, count: 32)))
    let (random, now) = (lab.random, lab.now)
    func serve(_ port: Int) async throws -> FrameServer {
      try await FrameServer(
        host: "127.0.0.1", port: port, framing: GSUPService.framing,
        service: GSUPService(GSUPRoute(lab.desk), random: random) { now })
    }
    /// Somebody's connection may have the port for a moment.
    func again(_ port: Int) async throws -> FrameServer {
      for _ in 0..<200 {
        if let server = try? await serve(port) { return server }
        try await Task.sleep(for: .milliseconds(50))
      }
      return try await serve(port)
    }
    var server = try await serve(0)
    let database = EAPSIMDatabase(
      ForeignHLR(host: "127.0.0.1", port: server.port, patience: HostileCoreTests.patience))
    @Sendable func ask(_ text: String) async throws -> [String]? {
      try await onThread { database.respond(to: Array(text.utf8), now: now, random: random) }
        .map { String(decoding: $0, as: UTF8.self).split(separator: " ").map(String.init) }
    }
    func vector() async throws -> (rand: [UInt8], autn: AuthenticationToken, xres: [UInt8]) {
      let words = try #require(try await ask("AKA-REQ-AUTH \(imsi)"))
      let bytes = try words.dropFirst(2).map { try [UInt8](hex: $0) }
      try #require(bytes.count == 5)
      return (bytes[0], try #require(AuthenticationToken(bytes: bytes[1])), bytes[4])
    }
    let first = try await vector()
    #expect(first.autn.amf == [0x80, 0x00])
    guard case .synchronisationFailure(let auts) = try usim.authenticate(rand: first.rand, autn: first.autn) else {
      Issue.record("the USIM was to be ahead")
      return
    }
    #expect(try await ask("AKA-AUTS \(imsi) \(auts.bytes.hex) \(first.rand.hex)") == nil)
    await server.stop()
    server = try await again(server.port)
    let second = try await vector()
    #expect(try usim.authenticate(rand: second.rand, autn: second.autn) == .response(second.xres))
    let triplets = try #require(try await ask("SIM-REQ-AUTH \(imsi) 3")).dropFirst(2)
    for triplet in triplets {
      let parts = try triplet.split(separator: ":").map { try [UInt8](hex: $0) }
      let response = try usim.algorithm.f2345(rand: parts[2])
      #expect(parts[0] == response.kc.bytes && parts[1] == response.sres)
    }
    #expect(triplets.count == 3)
    #expect(try await ask("AKA-REQ-AUTH \(Laboratory.imsi(9))")?.last == "FAILURE")
    await server.stop()
    #expect(try await ask("AKA-REQ-AUTH \(imsi)")?.last == "FAILURE")
  }
}
