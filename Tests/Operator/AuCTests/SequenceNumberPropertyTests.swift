import AuC
import Bytes
import Identifiers
import Keys
import Store
import Synchronization
import Testing

@Suite("TS 33.102 Annex C: the authentication centre and the USIM, over many seeds") struct SequenceNumberPropertyTests
{
  @Test("§C.3.4: nodes use their vectors in any order among each other, and lose some: the USIM takes all the rest")
  func interleaving() throws {
    for seed in 0..<20 {
      let lab = try Laboratory(seed: "interleaving \(seed)")
      let imsi = try Laboratory.imsi()
      var usim = try lab.subscribe(imsi, lab.milenage())
      var stocks: [[Quintuplet]] = Array(repeating: [], count: 32)
      for _ in 0..<300 {
        let node = lab.random.below(stocks.count)
        if stocks[node].isEmpty {
          // A node that asks again has used, or thrown away, what it had (§6.3.4).
          stocks[node] = try lab.desk.quintuplets(
            for: imsi, by: "VLR \(node)", count: 1 + lab.random.below(5), now: lab.now, random: lab.random)
        }
        let vector = stocks[node].removeFirst()
        if lab.random.below(4) == 0 { continue }  // lost on the way
        #expect(try usim.takes(vector))
      }
    }
  }

  @Test("§6.3.3: a vector taken once, or overtaken by a later one of the same node, is answered with AUTS, never taken")
  func replay() throws {
    let lab = try Laboratory(seed: "replay")
    let imsi = try Laboratory.imsi()
    var usim = try lab.subscribe(imsi, lab.milenage())
    var (taken, shuffling) = (0, Shuffling())
    for _ in 0..<50 {
      var vectors = try lab.desk.quintuplets(for: imsi, by: "MME", count: 5, now: lab.now, random: lab.random)
      vectors.shuffle(using: &shuffling)
      var highest: SequenceNumber = usim.numbers.sqnMS
      for vector in vectors {
        let response = try usim.algorithm.f2345(rand: vector.rand)
        let sqn = try #require(
          try usim.algorithm.sequenceNumber(in: vector.autn, rand: vector.rand, response: response))
        #expect(try usim.takes(vector) == (sqn > highest))
        if sqn > highest { taken += 1 }
        highest = max(highest, sqn)
        #expect(try usim.auts(for: vector) != nil)
      }
    }
    #expect(taken >= 50 && taken < 250)
  }

  @Test("§6.3.5: however far apart the two are, one resynchronisation brings them together", arguments: 0..<30)
  func resynchronisation(seed: Int) throws {
    let lab = try Laboratory(seed: "resynchronisation \(seed)")
    let imsi = try Laboratory.imsi()
    let policy = try #require(SequenceNumberArray.Policy(indexBits: seed % 9, delta: 1000, ageLimit: 100))
    // The centre is behind (restored from an old copy), just at the edges of Δ, or far ahead.
    let (centre, card) = [(0, 5000), (5000, 0), (1000, 0), (999, 0), (1001, 0), (77, 77), (0, 1), (1, 0)][seed % 8]
    var usim = try lab.subscribe(imsi, lab.milenage(), policy: policy, seq: UInt64(centre))
    usim.numbers = try #require(
      SequenceNumberArray(policy: policy, highest: Array(repeating: UInt64(card), count: 1 << policy.indexBits)))
    let vector = try #require(try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random).first)
    let distance = centre + 1 - card
    if let auts = try usim.auts(for: vector) {
      #expect(distance <= 0 || distance > 1000)
      let fresh = try lab.desk.resynchronise(
        imsi, rand: vector.rand, auts: auts, by: "MME", count: 5, now: lab.now, random: lab.random)
      for vector in fresh { #expect(try usim.takes(vector)) }
    } else {
      #expect((1...1000).contains(distance))
    }
    #expect(
      try usim.takes(#require(lab.desk.quintuplets(for: imsi, by: "SGSN", now: lab.now, random: lab.random).first)))
  }

  @Test("§6.3.5: where the next number would be accepted anyway, an AUTS does not set the centre back")
  func oldAUTS() throws {
    let lab = try Laboratory(seed: "old AUTS")
    let imsi = try Laboratory.imsi()
    var usim = try lab.subscribe(imsi, lab.milenage())
    let vectors = try lab.desk.quintuplets(for: imsi, by: "MME", count: 2, now: lab.now, random: lab.random)
    #expect(try usim.takes(vectors[1]))
    let auts = try #require(try usim.auts(for: vectors[0]))
    let later = try lab.desk.quintuplets(for: imsi, by: "MME", count: 32, now: lab.now, random: lab.random)
    for _ in 0..<3 {
      // The same AUTS again and again: each answer goes on from where the centre was.
      for vector in try lab.desk.resynchronise(
        imsi, rand: vectors[0].rand, auts: auts, by: "MME", now: lab.now, random: lab.random)
      {
        #expect(try usim.takes(vector))
      }
    }
    #expect(usim.numbers.sqnMS.value >> 5 == 2 + 32 + 3)
    #expect(try !usim.takes(later[31]))
  }

  @Test("§6.3.5: an AUTS changed in any bit, for another RAND or from another USIM changes nothing") func forgedAUTS()
    throws
  {
    let lab = try Laboratory(seed: "forged AUTS")
    let (imsi, other) = (try Laboratory.imsi(1), try Laboratory.imsi(2))
    var usim = try lab.subscribe(imsi, lab.milenage(), seq: 500)
    let stranger = try lab.subscribe(other, lab.milenage())
    usim.numbers = try #require(SequenceNumberArray(highest: Array(repeating: 9000, count: 32)))
    let vector = try #require(try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random).first)
    let auts = try #require(try usim.auts(for: vector))
    func refused(_ auts: ResynchronisationToken, _ rand: [UInt8]) {
      #expect(throws: AuCError.wrongAUTS(imsi)) {
        try lab.desk.resynchronise(imsi, rand: rand, auts: auts, by: "MME", now: lab.now, random: lab.random)
      }
    }
    for index in auts.bytes.indices {
      for bit in 0..<8 {
        var bytes = auts.bytes
        bytes[index] ^= 1 << UInt8(bit)
        refused(try #require(ResynchronisationToken(bytes: bytes)), vector.rand)
      }
    }
    refused(auts, lab.random.bytes(16))
    refused(
      try stranger.algorithm.resynchronisationToken(rand: vector.rand, sqnMS: usim.numbers.sqnMS), vector.rand)
    let next = try #require(try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random).first)
    let response = try usim.algorithm.f2345(rand: next.rand)
    #expect(
      try usim.algorithm.sequenceNumber(in: next.autn, rand: next.rand, response: response)?.value == 502 << 5)
  }

  @Test("a power cut before or after any commit never makes the centre give out a sequence number twice")
  func powerCuts() throws {
    struct PowerCut: Error {}
    let lab = try Laboratory(seed: "power cuts")
    let imsi = try Laboratory.imsi()
    var usim = try lab.subscribe(imsi, lab.milenage())
    let cut = Mutex<CommitPoint?>(nil)
    lab.store.onCommit { point in if cut.withLock({ $0 }) == point { throw PowerCut() } }
    var refused = 0
    for round in 0..<90 {
      cut.withLock { $0 = [nil, .before, .after][round % 3] }
      do {
        for vector in try lab.desk.quintuplets(for: imsi, by: "MME", count: 2, now: lab.now, random: lab.random) {
          #expect(try usim.takes(vector))
        }
      } catch { refused += 1 }
    }
    lab.store.onCommit(nil)
    #expect(refused == 60)
    // 30 whole requests of 2, and before the last one 29 whose vectors never left: their numbers are gone.
    #expect(usim.numbers.sqnMS.value >> 5 == 118)
  }

  @Test("many nodes at once, more than there are values of IND, never get the same sequence number") func concurrency()
    async throws
  {
    let lab = try Laboratory(seed: "concurrency")
    let imsi = try Laboratory.imsi()
    let usim = try lab.subscribe(imsi, lab.milenage())
    let vectors = try await withThrowingTaskGroup(of: [Quintuplet].self) { group in
      for node in 0..<100 {
        group.addTask {
          try await lab.desk.quintuplets(for: imsi, by: "MME \(node % 50)", count: 4, now: lab.now, random: lab.random)
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let numbers = try vectors.map { vector in
      let response = try usim.algorithm.f2345(rand: vector.rand)
      return try usim.algorithm.sequenceNumber(in: vector.autn, rand: vector.rand, response: response)
    }
    #expect(vectors.count == 400 && Set(numbers).count == 400 && !numbers.contains(nil))
    #expect(Set(numbers.compactMap { $0.map { $0.value & 31 } }).count == 32)
    #expect(lab.store.counts.commits < lab.store.counts.transactions)
  }
}

/// A generator for the standard library's `shuffle`, seeded.
private struct Shuffling: RandomNumberGenerator {
  private let source = SeededRandomSource(seed: Array("shuffling".utf8))

  mutating func next() -> UInt64 { UInt64(bigEndian: source.bytes(8)) ?? 0 }
}
