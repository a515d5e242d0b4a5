import Bytes
import Foundation
import Keys
import SecureElement
import Testing

/// A small generator, so that a failure can be repeated.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

@Suite("Card memory: all or nothing, whenever power goes") struct MemoryTests {
  private static func key(_ area: UInt8, _ item: UInt32) -> MemoryKey { MemoryKey(.application(area), item) }

  private static func changes(_ random: inout Seeded) -> [MemoryChange] {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in
      let key = key(UInt8.random(in: 1...3, using: &random), UInt32.random(in: 0...9, using: &random))
      switch Int.random(in: 0...9, using: &random) {
      case 0: return .removeArea(key.area)
      case 1, 2: return .remove(key)
      default: return .set(key, random.bytes(Int.random(in: 0...40, using: &random)))
      }
    }
  }

  private static func contents(_ map: MemoryMap) -> [MemoryKey: [UInt8]] {
    var result: [MemoryKey: [UInt8]] = [:]
    for area in map.areas { for key in map.keys(in: area) { result[key] = map[key] } }
    return result
  }

  @Test("the map does what a dictionary does", arguments: 1...20 as ClosedRange<UInt64>)
  func map(seed: UInt64) {
    var random = Seeded(seed)
    var (map, model) = (MemoryMap(), [MemoryKey: [UInt8]]())
    for _ in 0..<200 {
      let changes = Self.changes(&random)
      map.apply(changes)
      for change in changes {
        switch change {
        case .set(let key, let content): model[key] = content
        case .remove(let key): model[key] = nil
        case .removeArea(let area): model = model.filter { $0.key.area != area }
        }
      }
      #expect(Self.contents(map) == model)
      #expect(map.count == model.count)
      #expect(map.usedBytes == model.values.reduce(0) { $0 + $1.count + 6 })
      #expect(map.areas == Set(model.keys.map(\.area)).sorted())
    }
  }

  @Test(
    "a transaction shows what it will commit, and commits it in one write", arguments: 1...20 as ClosedRange<UInt64>)
  func transaction(seed: UInt64) throws {
    var random = Seeded(seed)
    let log = PowerCutLog(VolatileLog())
    let memory = try LogMemory(log)
    for _ in 0..<50 {
      let transaction = MemoryTransaction(over: memory)
      var model = memory.map
      let changes = Self.changes(&random)
      for change in changes {
        model.apply([change])
        switch change {
        case .set(let key, let content): transaction.write(key, content)
        case .remove(let key): transaction.remove(key)
        case .removeArea(let area): transaction.removeAll(in: area)
        }
      }
      for area in UInt8(1)...3 {
        #expect(transaction.keys(in: .application(area)) == model.keys(in: .application(area)))
        for item in UInt32(0)...9 {
          #expect(transaction.read(Self.key(area, item)) == model[Self.key(area, item)])
        }
      }
      #expect(transaction.areas == model.areas)
      let (before, differs) = (log.writes, Self.contents(model) != Self.contents(memory.map))
      try transaction.commit()
      #expect(Self.contents(memory.map) == Self.contents(model))
      #expect(memory.map.usedBytes == model.usedBytes)
      #expect(log.writes - before == (differs ? 1 : 0))
    }
  }

  @Test("what does not fit is refused with 6A84 and changes nothing") func capacity() throws {
    let memory = VolatileMemory()
    let transaction = MemoryTransaction(over: memory, capacity: 100)
    #expect(transaction.freeBytes == 100)
    transaction.write(Self.key(1, 1), [UInt8](repeating: 0, count: 60))
    #expect(transaction.freeBytes == 34)
    try transaction.commit()
    transaction.write(Self.key(1, 2), [UInt8](repeating: 0, count: 29))
    #expect(throws: (any Error).self) { try transaction.commit() }
    #expect(memory.map.usedBytes == 66)
    transaction.removeAll(in: .application(1))
    transaction.write(Self.key(1, 3), [UInt8](repeating: 0, count: 94))
    #expect(transaction.freeBytes == 0)
    try transaction.commit()
    #expect(memory.map.usedBytes == 100)
  }

  @Test("a record cut at any byte leaves the state before it; the next commit is found again") func tear() throws {
    var random = Seeded(7)
    var states: [(length: Int, contents: [MemoryKey: [UInt8]])] = []
    let whole = VolatileLog()
    let memory = try LogMemory(whole)
    for _ in 0..<12 {
      states.append((whole.bytes.count, Self.contents(memory.map)))
      try memory.commit(Self.changes(&random))
    }
    states.append((whole.bytes.count, Self.contents(memory.map)))
    for length in 0...whole.bytes.count {
      let log = VolatileLog(Array(whole.bytes.prefix(length)))
      let again = try LogMemory(log)
      let expected = states.last { $0.length <= length }
      #expect(Self.contents(again.map) == expected?.contents)
      #expect(log.bytes.count == expected?.length, "the torn record is gone")
      try again.commit([.set(Self.key(3, 99), [1])])
      #expect(try LogMemory(log).map[Self.key(3, 99)] == [1])
    }
  }

  @Test("a torn record may be followed by anything that is not a whole record") func tornWithRubbish() throws {
    let log = VolatileLog()
    let memory = try LogMemory(log)
    try memory.commit([.set(Self.key(1, 1), [1])])
    let good = log.bytes
    for rubbish in [[UInt8](repeating: 0, count: 5000), Array(good.dropLast()), [0x53], [0x53, 0x49, 0x4D, 0x52]] {
      let torn = VolatileLog(good + rubbish)
      #expect(try LogMemory(torn).map[Self.key(1, 1)] == [1])
      #expect(torn.bytes == good)
    }
  }

  @Test("a damaged record with whole ones behind it is no torn commit, and is complained about") func damage() throws {
    let log = VolatileLog()
    let memory = try LogMemory(log)
    for value in UInt8(1)...3 { try memory.commit([.set(Self.key(1, 1), [value])]) }
    let third = log.bytes.count / 3
    for index in 0..<2 * third {
      var bytes = log.bytes
      bytes[index] ^= 0x40
      #expect(throws: CardMemoryError.damaged("in RAM")) { try LogMemory(VolatileLog(bytes)) }
    }
    #expect(throws: CardMemoryError.damaged("in RAM")) {
      try LogMemory(VolatileLog(Array(log.bytes.prefix(third) + log.bytes.suffix(third))))
    }
  }

  @Test("power may go at any byte of any durable write") func powerCut() throws {
    for byte in 0...60 {
      let log = PowerCutLog(VolatileLog())
      let memory = try LogMemory(log)
      try memory.commit([.set(Self.key(1, 1), [1])])
      log.cut(atWrite: 2, .afterBytes(byte))
      try memory.commit([.set(Self.key(1, 1), [2])])
      #expect(throws: CardMemoryError.powerCut) { try memory.commit([.set(Self.key(1, 1), [3])]) }
      #expect(throws: CardMemoryError.powerCut) { try memory.commit([.set(Self.key(1, 1), [4])]) }
      try memory.restorePower()
      // 16 bytes of header, 12 of payload.
      #expect(memory.map[Self.key(1, 1)] == [byte < 28 ? 2 : 3])
      try memory.commit([.set(Self.key(1, 1), [5])])
      try memory.restorePower()
      #expect(memory.map[Self.key(1, 1)] == [5])
    }
  }

  @Test("a grown log is compacted, atomically") func compaction() throws {
    for moment in [nil, PowerCutLog.Moment.afterBytes(0), .afterWrite] {
      let inner = VolatileLog()
      let log = PowerCutLog(inner)
      let memory = try LogMemory(log)
      try memory.commit([.set(Self.key(1, 1), [UInt8](repeating: 7, count: 100))])
      var (value, cuts) = (0, 0)
      // A record of 35 bytes each, up to the last that leaves the log alone.
      while value == 0 || inner.bytes.count + 35 <= 65_536 + 4 * memory.map.usedBytes {
        value += 1
        try memory.commit([.set(Self.key(1, 2), Int64(value).bigEndianBytes)])
      }
      // The next commit makes the log long enough; its compaction is the second write from now.
      if let moment { log.cut(atWrite: 2, moment) }
      for _ in 0..<40 {
        value += 1
        do {
          try memory.commit([.set(Self.key(1, 2), Int64(value).bigEndianBytes)])
        } catch {
          cuts += 1
          try memory.restorePower()
        }
        #expect(memory.map[Self.key(1, 2)] == Int64(value).bigEndianBytes)
      }
      #expect(cuts == (moment == nil ? 0 : 1))
      #expect(inner.bytes.count < 4000)
      #expect(Self.contents(try LogMemory(inner).map) == Self.contents(memory.map))
    }
  }

  @Test("equal contents share their storage") func sharing() {
    func address(_ bytes: [UInt8]?) -> Int? {
      bytes.flatMap { $0.withUnsafeBytes { $0.baseAddress.map(Int.init(bitPattern:)) } }
    }
    let pool = ContentPool(limit: 4)
    let (a, b) = (VolatileMemory(pool: pool), VolatileMemory(pool: pool))
    a.commit([.set(Self.key(1, 1), [UInt8](repeating: 3, count: 50))])
    for value in UInt8(10)..<16 { a.commit([.set(Self.key(1, 2), [value])]) }
    b.commit([.set(Self.key(2, 2), [UInt8](repeating: 3, count: 50))])
    #expect(address(a.map[Self.key(1, 1)]) == address(b.map[Self.key(2, 2)]), "two generations keep it")
    for value in UInt8(10)..<30 { a.commit([.set(Self.key(1, 2), [value])]) }
    b.commit([.set(Self.key(2, 3), [UInt8](repeating: 3, count: 50))])
    #expect(address(a.map[Self.key(1, 1)]) != address(b.map[Self.key(2, 3)]), "what nobody asks for falls out")
  }
}

@Suite("A card's directory") struct FileLogTests {
  private func withDirectory(_ body: (String) throws -> Void) rethrows {
    let place = NSTemporaryDirectory() + "simurgh-card-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: place) }
    try body(place)
  }

  @Test("what was committed is there after opening it again; a torn end is cut off") func durable() throws {
    try withDirectory { place in
      let key = MemoryKey(.application(1), 1)
      do {
        let memory = try LogMemory(directory: place)
        for value in UInt8(1)...5 { try memory.commit([.set(key, [value])]) }
      }
      let log = try #require(FileHandle(forWritingAtPath: place + "/card.log"))
      try log.seekToEnd()
      log.write(Data([0x53, 0x49, 0x4D, 0x52, 0, 0, 0, 6]))
      try log.close()
      #expect(try LogMemory(directory: place).map[key] == [5])
      let size = try FileManager.default.attributesOfItem(atPath: place + "/card.log")[.size] as? Int
      #expect(size == 5 * 28)
    }
  }

  @Test("compaction replaces the log") func compaction() throws {
    try withDirectory { place in
      let key = MemoryKey(.application(1), 1)
      do {
        let memory = try LogMemory(directory: place)
        for value in UInt8(0)...99 { try memory.commit([.set(key, [UInt8](repeating: value, count: 1000))]) }
      }
      let size = try FileManager.default.attributesOfItem(atPath: place + "/card.log")[.size] as? Int
      #expect(try #require(size) < 80_000)
      #expect(try LogMemory(directory: place).map[key] == [UInt8](repeating: 99, count: 1000))
    }
  }

  @Test("two owners cannot open the same card") func lock() throws {
    try withDirectory { place in
      let memory = try LogMemory(directory: place)
      #expect(throws: CardMemoryError.inUse(place)) { try LogMemory(directory: place) }
      try withExtendedLifetime(memory) { try memory.commit([]) }
    }
    try withDirectory { place in
      do { _ = try LogMemory(directory: place) }
      _ = try LogMemory(directory: place)
    }
  }

  @Test("a place that cannot be used is named in one sentence") func unusable() {
    #expect(throws: CardMemoryError.self) { try LogMemory(directory: "/proc/none/card") }
    do { _ = try LogMemory(directory: "/proc/none/card") } catch {
      #expect("\(error)".contains("/proc/none/card: No such file or directory"))
    }
  }
}

@Suite("A card's log under a master key") struct SealedLogTests {
  private static let key = MemoryKey(.application(1), 1)

  private func open(_ storage: any LogStorage, key: UInt8 = 7) throws -> LogMemory {
    let vault = try KeyVault(current: Secret([UInt8](repeating: key, count: 32)))
    return try LogMemory(SealedLog(storage, vault: vault, random: SystemRandomSource.shared))
  }

  @Test("what was committed is there again, and nowhere in the clear") func roundTrip() throws {
    let log = VolatileLog()
    let secret = Array("a subscriber's key".utf8)
    let memory = try open(log)
    try memory.commit([.set(Self.key, secret)])
    #expect(try open(log).map[Self.key] == secret)
    #expect(!String(decoding: log.bytes, as: UTF8.self).contains("subscriber"))
    for value in UInt8(0)...200 { try memory.commit([.set(Self.key, [UInt8](repeating: value, count: 1000))]) }
    #expect(log.bytes.count < 100_000, "compacted")
    #expect(try open(log).map[Self.key] == [UInt8](repeating: 200, count: 1000))
  }

  @Test("a record cut at any byte leaves the state before it") func tear() throws {
    let whole = VolatileLog()
    let memory = try open(whole)
    var states: [(length: Int, value: [UInt8]?)] = [(0, nil)]
    for value in UInt8(1)...4 {
      states.append((whole.bytes.count, memory.map[Self.key]))
      try memory.commit([.set(Self.key, [value])])
    }
    states.append((whole.bytes.count, memory.map[Self.key]))
    // The first frame is written as one with the log itself.
    for length in states[1].length...whole.bytes.count {
      let log = VolatileLog(Array(whole.bytes.prefix(length)))
      let again = try open(log)
      #expect(again.map[Self.key] == states.last { $0.length <= length }?.value)
      try again.commit([.set(Self.key, [99])])
      #expect(try open(log).map[Self.key] == [99])
    }
  }

  @Test("another master key, a changed byte, a frame in another place: damaged, and nothing is cut off") func attacks()
    throws
  {
    let log = VolatileLog()
    let memory = try open(log)
    for value in UInt8(1)...3 { try memory.commit([.set(Self.key, [value])]) }
    let good = log.bytes
    #expect(throws: CardMemoryError.damaged("in RAM")) { try open(log, key: 8) }
    // The first frame has no content; the others a record of 28 bytes; each 4 of length and 37 of wrapping.
    let (first, frame) = (4 + 37, 4 + 37 + 28)
    for index in 0..<good.count - frame {
      var bytes = good
      bytes[index] ^= 1
      let changed = VolatileLog(bytes)
      #expect(throws: CardMemoryError.damaged("in RAM"), "byte \(index)") { try open(changed) }
      #expect(changed.bytes == bytes)
    }
    let frames = (0..<3).map { good[(first + $0 * frame)...].prefix(frame) }
    let swapped = VolatileLog(Array([good[..<first], frames[1], frames[0], frames[2]].joined()))
    #expect(throws: CardMemoryError.damaged("in RAM")) { try open(swapped) }
  }

  @Test("power may go at any byte") func powerCut() throws {
    for byte in 0...80 {
      let log = PowerCutLog(VolatileLog())
      let memory = try open(log)
      try memory.commit([.set(Self.key, [1])])
      log.cut(atWrite: 1, .afterBytes(byte))
      #expect(throws: CardMemoryError.powerCut) { try memory.commit([.set(Self.key, [2])]) }
      try memory.restorePower()
      #expect(memory.map[Self.key] == [byte < 69 ? 1 : 2])
    }
  }
}
