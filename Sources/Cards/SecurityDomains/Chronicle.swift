import Bytes
import GlobalPlatform
import Identifiers
import TLV

/// What a domain never forgets, not even when it is deleted and made again under its name: otherwise an old token, an
/// old version or a recorded session would be good once more.
struct Chronicle: TLVSequence, TLVMessage {
  static let tag: TLVTag = .sequence
  /// Token numbers that are told apart; then the lowest counts as used together with all below it.
  static let tokenLimit = 256
  /// Names of modules that a domain remembers.
  static let nameLimit = 256

  /// The domain.
  let aid: AID
  /// This token number and all below it are used.
  private(set) var floor: UInt64 = 0
  /// Token numbers above it that are used, ascending.
  private(set) var numbers: [UInt64] = []
  /// The newest version of each module, under whatever name its load file came.
  private var versions: [(module: AID, version: UInt16)] = []
  /// The sequence counter of each key version.
  private var counters: [(version: UInt8, counter: UInt32)] = []

  /// The latest day that the beginning of a certificate told, YYYYMMDD: the domain's only idea of time.
  private(set) var latestDay = "00000000"

  init(_ aid: AID) { self.aid = aid }

  func isUsed(_ number: UInt64) -> Bool { number <= floor || numbers.contains(number) }

  /// Takes a token number; false where it is used.
  mutating func use(_ number: UInt64) -> Bool {
    guard !isUsed(number) else { return false }
    numbers.insert(number, at: numbers.firstIndex { $0 > number } ?? numbers.endIndex)
    while let lowest = numbers.first, numbers.count > Self.tokenLimit || lowest == floor + 1 {
      floor = lowest
      numbers.removeFirst()
    }
    return true
  }

  /// Notes a version of a module; false where there was a newer one, or too many names are remembered.
  mutating func note(_ version: UInt16, of module: AID) -> Bool {
    if let index = versions.firstIndex(where: { $0.module == module }) {
      guard version >= versions[index].version else { return false }
      versions[index].version = version
      return true
    }
    guard versions.count < Self.nameLimit else { return false }
    versions.append((module, version))
    return true
  }

  /// Takes over a day, where it is later.
  mutating func note(day: String) { latestDay = max(latestDay, day) }

  func counter(of version: UInt8) -> UInt32 { counters.first { $0.version == version }?.counter ?? 0 }

  /// The next value of a key version's sequence counter; nil after FFFFFF.
  mutating func nextCounter(of version: UInt8) -> UInt32? {
    let next = counter(of: version) + 1
    guard next <= 0xFF_FFFF else { return nil }
    counters.removeAll { $0.version == version }
    counters.append((version, next))
    return next
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    aid = try reader.read(0x4F)
    let used: [UInt8] = try reader.read(0x80)
    let all = stride(from: 0, to: used.count - used.count % 8, by: 8).compactMap {
      UInt64(bigEndian: used[$0..<$0 + 8])
    }
    (floor, numbers) = (all.first ?? 0, Array(all.dropFirst()))
    var modules = try reader.element(0xA1).reader()
    while !modules.isAtEnd {
      let module: AID = try modules.read(0x4F)
      versions.append((module, UInt16(truncatingIfNeeded: try modules.read(0x80) as Int)))
    }
    let bytes: [UInt8] = try reader.read(0x82)
    counters = stride(from: 0, to: bytes.count - bytes.count % 5, by: 5).map {
      (bytes[$0], UInt32(bigEndian: bytes[$0 + 1..<$0 + 5]) ?? 0)
    }
    latestDay = try reader.read(0x83)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x4F, aid)
    writer.write(0x80, ([floor] + numbers).flatMap(\.bigEndianBytes))
    writer.write(0xA1) { writer in
      for (module, version) in versions {
        writer.write(0x4F, module)
        writer.write(0x80, Int(version))
      }
    }
    writer.write(0x82, counters.flatMap { [$0.version] + $0.counter.bigEndianBytes })
    writer.write(0x83, latestDay)
  }
}
