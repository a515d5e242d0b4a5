import AuC
import Bytes
import Identifiers
import Keys
import Testing

@Suite("TS 33.102 §C.1.1.3: sequence numbers that follow a clock; §H: the AMF separation bit") struct GenerationTests {
  let lab: Laboratory
  let imsi: IMSI

  init() throws {
    lab = try Laboratory(seed: "generation")
    imsi = try Laboratory.imsi()
  }

  private func subscribe(policy: SequenceNumberArray.Policy = .standard, seq: UInt64 = 0) throws -> USIM {
    let credentials = try lab.milenage()
    let subscriber = try Subscriber(
      imsi: imsi, credentials: credentials, policy: policy, seq: seq, generation: .timed)
    try lab.desk.add([subscriber], now: lab.now, random: lab.random)
    return USIM(algorithm: try credentials.makeAlgorithm(), numbers: SequenceNumberArray(policy: policy))
  }

  private func vectors(_ count: Int = 1, after: Duration) throws -> [Quintuplet] {
    try lab.desk.quintuplets(for: imsi, by: "MME", count: count, now: lab.now + after, random: lab.random)
  }

  @Test("SEQ moves by ten in a second, and by one for each vector of a request") func clock() throws {
    var usim = try subscribe()
    for (seconds, count, highest) in [(0, 1, 1), (10, 1, 100), (10, 5, 105), (11, 1, 110), (3600, 2, 36_001)] {
      for vector in try vectors(count, after: .seconds(seconds)) { #expect(try usim.takes(vector)) }
      #expect(usim.numbers.sqnMS.value >> 5 == UInt64(highest))
    }
  }

  @Test("a clock that is set back never makes a number come again") func setBack() throws {
    var usim = try subscribe()
    for seconds in [1000, 900, 0, -1_000_000, 999] {
      for vector in try vectors(3, after: .seconds(seconds)) { #expect(try usim.takes(vector)) }
    }
  }

  @Test("a USIM that slept for longer than Δ is not failed: the clock is set anew") func longSleep() throws {
    let policy = try #require(SequenceNumberArray.Policy(indexBits: 5, delta: 1000, ageLimit: nil))
    var usim = try subscribe(policy: policy)
    for days in [0, 1, 400, 401, 10_000] {
      for vector in try vectors(after: .seconds(days * 86_400)) { #expect(try usim.takes(vector)) }
    }
  }

  @Test("§6.3.5: a USIM that is ahead resets DIF, and the clock goes on from there") func resynchronisation() throws {
    var usim = try subscribe()
    usim.numbers = try #require(SequenceNumberArray(highest: Array(repeating: 1 << 30, count: 32)))
    let vector = try #require(try vectors(after: .seconds(1)).first)
    let auts = try #require(try usim.auts(for: vector))
    for vector in try lab.desk.resynchronise(
      imsi, rand: vector.rand, auts: auts, by: "MME", now: lab.now + .seconds(2), random: lab.random)
    {
      #expect(try usim.takes(vector))
    }
    #expect(try usim.takes(#require(try vectors(after: .seconds(12)).first)))
    #expect(usim.numbers.sqnMS.value >> 5 == 1 << 30 + 100)
  }

  @Test("a centre restored from an old copy is ahead of the card at once") func restored() throws {
    let credentials = try lab.milenage()
    var usim = USIM(algorithm: try credentials.makeAlgorithm(), numbers: SequenceNumberArray())
    let subscriber = try Subscriber(imsi: imsi, credentials: credentials, generation: .timed)
    try lab.desk.add([subscriber], now: lab.now, random: lab.random)
    let copy = try Laboratory(seed: "copy")
    try copy.desk.add([subscriber], now: lab.now, random: copy.random)
    for _ in 0..<50 { #expect(try usim.takes(#require(try vectors(after: .seconds(60)).first))) }
    let later = lab.now + .seconds(120)
    let vector = try #require(
      try copy.desk.quintuplets(for: imsi, by: "MME", now: later, random: copy.random).first)
    #expect(try usim.takes(vector))
  }

  @Test("the separation bit is 1 in vectors for EPS, 5G and EAP-AKA', 0 for UTRAN; the other bits are the subscriber's")
  func separation() throws {
    let (a, b) = (try Laboratory.imsi(1), try Laboratory.imsi(2))
    for (imsi, amf) in [(a, [0x80, 0x00]), (b, [0x12, 0x34])] as [(IMSI, [UInt8])] {
      let subscriber = try Subscriber(imsi: imsi, credentials: lab.milenage(), amf: amf)
      try lab.desk.add([subscriber], now: lab.now, random: lab.random)
      for access in AccessNetwork.allCases {
        let vector = try #require(
          try lab.desk.quintuplets(for: imsi, by: "MME", access: access, now: lab.now, random: lab.random).first)
        #expect(vector.autn.amf == [amf[0] & 0x7F | (access == .eps ? 0x80 : 0), amf[1]])
      }
    }
  }
}
