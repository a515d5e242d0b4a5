import AuC
import Bytes
import Foundation
import GSUP
import Identifiers
import Keys
import Store
import StoreSQLite
import Testing
import TransportSocket

@Suite("Sequence numbers in reserve") struct SequenceNumberReserveTests {
  private func sqn(_ vector: Quintuplet, _ algorithm: any AuthenticationAlgorithm) throws -> SequenceNumber {
    let response = try algorithm.f2345(rand: vector.rand)
    return try #require(try algorithm.sequenceNumber(in: vector.autn, rand: vector.rand, response: response))
  }

  @Test("many requests share a block, and in it the numbers follow one another") func blocks() async throws {
    let lab = try Laboratory(seed: "blocks")
    let imsi = try Laboratory.imsi()
    let usim = try lab.subscribe(imsi, lab.milenage())
    let before = lab.store.counts.transactions
    var numbers: [UInt64] = []
    for _ in 0..<100 {
      let vectors = try await lab.desk.quintuplets(for: imsi, by: "MME", count: 5, now: lab.now, random: lab.random)
      numbers += try vectors.map { try sqn($0, usim.algorithm).value >> 5 }
    }
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 } && numbers.count == 500)
    #expect(lab.store.counts.transactions - before < 5)
  }

  @Test("what another process changes is obeyed within ten milliseconds; what this one changes, at once")
  func changes() async throws {
    let lab = try Laboratory(seed: "changes")
    let imsi = try Laboratory.imsi()
    _ = try lab.subscribe(imsi, lab.milenage())
    let vault = try KeyVault(current: Secret(SeededRandomSource(seed: Array("changes".utf8)).bytes(32)))
    let other = Desk(store: lab.store, vault: vault)
    func isIn(_ milliseconds: Int64) async throws -> Bool {
      do {
        let now = Instant(milliseconds: lab.now.milliseconds + milliseconds)
        return try await lab.desk.quintuplets(for: imsi, by: "MME", now: now, random: lab.random).count == 1
      } catch AuCError.barred, AuCError.unknownSubscriber { return false }
    }
    #expect(try await isIn(0))
    try other.bar(imsi, now: lab.now, random: lab.random)
    #expect(try await !isIn(10))
    try other.unbar(imsi, now: lab.now, random: lab.random)
    #expect(try await isIn(20))
    try lab.desk.bar(imsi, now: lab.now, random: lab.random)
    #expect(try await !isIn(20))
    try lab.desk.unbar(imsi, now: lab.now, random: lab.random)
    #expect(try await isIn(20))
    try other.remove(imsi, now: lab.now, random: lab.random)
    #expect(try await !isIn(30))
  }

  @Test(
    "several processes over one store, restarts, key changes and resynchronisations: no number comes twice",
    arguments: 0..<10)
  func never(seed: Int) async throws {
    let lab = try Laboratory(seed: "never \(seed)")
    let imsi = try Laboratory.imsi()
    let keys = try lab.milenage()
    var usim = try lab.subscribe(imsi, keys)
    let vault = try KeyVault(current: Secret(SeededRandomSource(seed: Array("never \(seed)".utf8)).bytes(32)))
    var desks = (0..<3).map { _ in Desk(store: lab.store, vault: vault) }
    var (seen, now) = (Set<SequenceNumber>(), lab.now)
    for step in 0..<300 {
      now = Instant(milliseconds: now.milliseconds + Int64(lab.random.below(8)))
      let index = lab.random.below(desks.count)
      let count = 1 + lab.random.below(6)
      var vectors: [Quintuplet] = []
      switch lab.random.below(10) {
      case 0: desks[index] = Desk(store: lab.store, vault: vault)  // a restart: what it had in reserve is lost
      case 1:
        let (desk, moment) = (desks[index], now)
        func exact() throws -> [Quintuplet] {
          try desk.quintuplets(for: imsi, by: "EAP", count: count, now: moment, random: lab.random)
        }
        vectors = try exact()
      case 2:
        let change = try #require(ChangeID("change-\(step)"))
        try desks[index].prepare(Subscriber(imsi: imsi, credentials: keys), as: change, now: now, random: lab.random)
        try desks[index].commit(change, of: imsi, now: now, random: lab.random)
      default:
        vectors = try await desks[index].quintuplets(
          for: imsi, by: "MME \(index)", count: count, now: now, random: lab.random)
      }
      for vector in vectors {
        #expect(seen.insert(try sqn(vector, usim.algorithm)).inserted)
        if lab.random.below(3) == 0, let auts = try usim.auts(for: vector) {
          let desk = desks[index]
          for fresh in try await desk.resynchronise(
            imsi, rand: vector.rand, auts: auts, by: "MME \(index)", now: now, random: lab.random)
          {
            #expect(seen.insert(try sqn(fresh, usim.algorithm)).inserted)
            #expect(try usim.takes(fresh))
          }
        }
      }
    }
    #expect(seen.count > 300)
  }

  @Test("TS 33.102 §C.1.1.3: numbers after a clock are never made ahead of it") func timed() async throws {
    let lab = try Laboratory(seed: "timed")
    let imsi = try Laboratory.imsi()
    let credentials = try lab.milenage()
    let usim = try credentials.makeAlgorithm()
    try lab.desk.add(
      [Subscriber(imsi: imsi, credentials: credentials, generation: .timed)], now: lab.now, random: lab.random)
    var last: UInt64 = 0
    for second in [0, 1, 2, 60] as [Int64] {
      let now = Instant(milliseconds: lab.now.milliseconds + second * 1000)
      let vector = try #require(
        try await lab.desk.quintuplets(for: imsi, by: "MME", now: now, random: lab.random).first)
      let seq = try sqn(vector, usim).value >> 5
      #expect(seq == max(last + 1, UInt64(second * 10)))
      last = seq
    }
  }

  @Test("kill -9 at any moment: what left the centre before never leaves it again", .timeLimit(.minutes(2)))
  func killed() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("reserve-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for round in 0..<8 {
      await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, round = round as Int] in
        try await KilledCentre.run(folder, round)
      }
    }
    let algorithm = try KilledCentre.credentials().makeAlgorithm()
    let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: "\(folder)/told")))
    var seen = Set<SequenceNumber>()
    // Each is RAND and AUTN; the last of a round may be torn, so rounds are files of their own in one.
    for start in stride(from: 0, to: bytes.count - 31, by: 32) {
      let rand = Array(bytes[start..<start + 16])
      let token = try #require(AuthenticationToken(bytes: bytes[start + 16..<start + 32]))
      let response = try algorithm.f2345(rand: rand)
      let sqn = try #require(try algorithm.sequenceNumber(in: token, rand: rand, response: response))
      #expect(seen.insert(sqn).inserted)
    }
    #expect(seen.count > 100)
  }
}

/// A centre in a process of its own that is killed while it serves.
private enum KilledCentre {
  static func credentials() throws -> Credentials {
    try Credentials(
      k: Secret([UInt8](repeating: 7, count: 16)), algorithm: .milenage(opc: Secret([UInt8](repeating: 9, count: 16))))
  }

  /// Writes each vector that leaves to the end of "told", in one call, until the process is killed.
  static func run(_ folder: String, _ round: Int) async throws {
    let store = try SQLiteStore(path: "\(folder)/auc.sqlite")
    try store.migrate([SubscriberTable.schema, EventRecord.schema])
    let desk = Desk(store: store, vault: try KeyVault(current: Secret([UInt8](repeating: 1, count: 32))))
    let (imsi, random) = (try IMSI("001010000000001"), SystemRandomSource.shared)
    if round == 0 {
      try desk.add([Subscriber(imsi: imsi, credentials: credentials())], now: .now(), random: random)
    }
    let file = open("\(folder)/told", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    Thread {
      Thread.sleep(forTimeInterval: 0.05 + 0.013 * Double(round))
      kill(getpid(), SIGKILL)
    }.start()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for node in 0..<4 {
        group.addTask {
          while true {
            for vector in try await desk.quintuplets(
              for: imsi, by: "MME \(node)", count: 5, now: .now(), random: random)
            {
              let told = vector.rand + vector.autn.bytes
              _ = told.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
