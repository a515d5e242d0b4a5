import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureElement
import TLV

/// The card's registry as one command sees it, in the state its transaction leaves it.
struct CardRegistry {
  /// The issuer security domain's number.
  static let issuer = 1
  /// Objects beside each other.
  static let objectLimit = 1024
  static let area = MemoryArea.application(4)

  let memory: MemoryTransaction
  let vault: KeyVault

  enum Item: UInt32 {
    case card = 0x0000_0000
    case object = 0x0100_0000
    case keys = 0x0200_0000
    /// What domains never forget; not numbered like them.
    case chronicle = 0x0300_0000
    /// A load file's data block.
    case dataBlock = 0x0600_0000
    /// What STORE DATA kept.
    case stored = 0x0700_0000
    /// By application and number of the file: what was written over it.
    case file = 0x0800_0000
  }

  static func key(_ item: Item, _ number: Int = 0, _ second: Int = 0) -> MemoryKey {
    let low = UInt32(truncatingIfNeeded: item == .file ? number << 8 | second & 0xFF : number)
    return MemoryKey(area, item.rawValue | low & 0x00FF_FFFF)
  }

  private func read<Record: TLVMessage>(_ item: Item, _ number: Int = 0) -> Record? {
    memory.read(Self.key(item, number)).flatMap { try? Record(encoded: $0) }
  }

  private func list<Record: TLVMessage>(_ item: Item, _ number: Int) -> [Record] {
    guard let bytes = memory.read(Self.key(item, number)) else { return [] }
    var reader = TLVReader(bytes)
    var list: [Record] = []
    while !reader.isAtEnd, let record: Record = try? reader.read() { list.append(record) }
    return list
  }

  private func write(_ list: [some TLVMessage], _ item: Item, _ number: Int) {
    memory.write(Self.key(item, number), list.flatMap(\.encoded))
  }

  // MARK: The card

  /// What the card knows of itself; 6F00 where it was never made.
  func card() throws(StatusWordError) -> CardRecord {
    guard let record: CardRecord = read(.card) else { throw StatusWordError(.technicalProblem) }
    return record
  }

  func setCard(_ card: CardRecord) { memory.write(Self.key(.card), card.encoded) }

  // MARK: Objects

  /// All objects by number, the issuer security domain first.
  func objects() -> [(number: Int, record: ObjectRecord)] {
    memory.keys(in: Self.area).compactMap { key in
      guard key.item & 0xFF00_0000 == Item.object.rawValue else { return nil }
      let number = Int(key.item & 0x00FF_FFFF)
      return object(number).map { (number, $0) }
    }
  }

  func object(_ number: Int) -> ObjectRecord? { read(.object, number) }

  /// The object called `aid`.
  func find(_ aid: AID) -> (number: Int, record: ObjectRecord)? { objects().first { $0.record.aid == aid } }

  /// The load file called `aid`.
  func findLoadFile(_ aid: AID) -> (number: Int, record: ObjectRecord)? {
    find(aid).flatMap { $0.record.kind == .loadFile ? $0 : nil }
  }

  func set(_ object: ObjectRecord, _ number: Int) { memory.write(Self.key(.object, number), object.encoded) }

  /// Puts a new object into the registry; 6A84 where it is full.
  func add(_ object: ObjectRecord) throws(StatusWordError) -> Int {
    let taken = Set(objects().map(\.number))
    guard let number = (1...Self.objectLimit).first(where: { !taken.contains($0) }) else {
      throw StatusWordError(.notEnoughMemory)
    }
    set(object, number)
    return number
  }

  /// Removes an object with all it kept, but for its chronicle.
  func remove(_ number: Int) {
    for item in [Item.object, .keys, .dataBlock, .stored] { memory.remove(Self.key(item, number)) }
    let files = Self.key(.file, number, 0)...Self.key(.file, number, 0xFF)
    for key in memory.keys(in: Self.area) where files.contains(key) { memory.remove(key) }
  }

  /// The domain and those above it, the issuer's last.
  func chain(from domain: Int) -> [Int] {
    var chain = [domain]
    while let last = chain.last, last != Self.issuer, let next = object(last)?.domain, !chain.contains(next) {
      chain.append(next)
    }
    return chain
  }

  /// Whether what belongs to `domain` is in the hierarchy of `actor`.
  func reaches(_ actor: Int, _ domain: Int) -> Bool { chain(from: domain).contains(actor) }

  /// The bytes that a domain's keys, chronicle and data take, and all objects below it with theirs.
  func usage(of domain: Int) -> Int {
    var chronicles: [AID: Int] = [:]
    for place in chroniclePlaces {
      if let record: Chronicle = read(.chronicle, place) { chronicles[record.aid] = record.encoded.count }
    }
    return objects().reduce(0) { sum, object in
      let (number, record) = object
      guard number == domain || reaches(domain, record.domain) else { return sum }
      let keys = memory.read(Self.key(.keys, number))?.count ?? 0
      // The domain's own line is counted where it belongs.
      return sum + record.size + keys + (chronicles[record.aid] ?? 0) + (number == domain ? 0 : ObjectRecord.overhead)
    }
  }

  /// Refuses `bytes` more in `domain` with 6A84 where a quota above them, or the card, has no room.
  func checkRoom(_ bytes: Int, in domain: Int) throws(StatusWordError) {
    guard bytes <= memory.freeBytes else { throw StatusWordError(.notEnoughMemory) }
    for number in chain(from: domain) {
      guard let quota = object(number)?.quota else { continue }
      guard usage(of: number) + bytes <= quota else { throw StatusWordError(.notEnoughMemory) }
    }
  }

  // MARK: Keys

  func keys(of domain: Int) -> [KeyRecord] { list(.keys, domain) }

  func setKeys(_ keys: [KeyRecord], of domain: Int) { write(keys, .keys, domain) }

  /// The place for which a key is wrapped.
  func context(_ domain: Int, _ version: UInt8, _ identifier: UInt8) -> String {
    "key \(identifier) of version \(version) of security domain \(domain)"
  }

  /// A secret key of `domain`, wrapped.
  func wrap(
    _ key: Secret, version: UInt8, identifier: UInt8, of domain: Int, random: any RandomSource
  ) throws(KeyError) -> KeyRecord {
    let place = context(domain, version, identifier)
    return KeyRecord(
      version: version, identifier: identifier, kind: .aes, length: key.bytes.count,
      value: try vault.wrap(key, context: place, random: random))
  }

  /// The AES key at a place of a domain.
  func secret(_ version: UInt8, _ identifier: UInt8, of domain: Int) -> Secret? {
    let found = keys(of: domain).first { $0.version == version && $0.identifier == identifier && $0.kind == .aes }
    return found.flatMap { try? vault.unwrap($0.value, context: context(domain, version, identifier)) }
  }

  /// The public key at a place of a domain.
  func publicKey(_ version: UInt8, _ identifier: UInt8, of domain: Int) -> PublicKey? {
    let found = keys(of: domain).first { $0.version == version && $0.identifier == identifier && $0.kind == .point }
    return found.flatMap { try? PublicKey(.p256, point: $0.value) }
  }

  // MARK: What is never forgotten

  private var chroniclePlaces: [Int] {
    memory.keys(in: Self.area).filter { $0.item & 0xFF00_0000 == Item.chronicle.rawValue }
      .map { Int($0.item & 0x00FF_FFFF) }
  }

  /// The domain's chronicle and its place; 6A84 where the card remembers too many domains.
  private func chronicle(of domain: Int) throws(StatusWordError) -> (place: Int, record: Chronicle) {
    guard let aid = object(domain)?.aid else { throw StatusWordError(.conditionsOfUse) }
    let places = chroniclePlaces
    for place in places {
      if let record: Chronicle = read(.chronicle, place), record.aid == aid { return (place, record) }
    }
    guard places.count < Self.objectLimit else { throw StatusWordError(.notEnoughMemory) }
    return ((places.last ?? 0) + 1, Chronicle(aid))
  }

  private func keep(_ chronicle: Chronicle, at place: Int) {
    memory.write(Self.key(.chronicle, place), chronicle.encoded)
  }

  /// The next value of the sequence counter of a key set, 3 bytes; 6985 where it has run out.
  func nextSequenceCounter(_ version: UInt8, of domain: Int) throws(StatusWordError) -> [UInt8] {
    var (place, chronicle) = try chronicle(of: domain)
    guard let next = chronicle.nextCounter(of: version) else { throw StatusWordError(.conditionsOfUse) }
    keep(chronicle, at: place)
    return next.bigEndianBytes.suffix(3)
  }

  func sequenceCounter(_ version: UInt8, of domain: Int) throws(StatusWordError) -> [UInt8] {
    try chronicle(of: domain).record.counter(of: version).bigEndianBytes.suffix(3)
  }

  /// Whether `domain` knows of no day after `last`, the end of a certificate; then it knows of `first`, its beginning.
  func noteDays(_ first: String?, _ last: String, in domain: Int) throws(StatusWordError) -> Bool {
    var (place, chronicle) = try chronicle(of: domain)
    guard last >= chronicle.latestDay else { return false }
    guard let first else { return true }
    chronicle.note(day: first)
    keep(chronicle, at: place)
    return true
  }

  func isTokenUsed(_ number: UInt64, of domain: Int) throws(StatusWordError) -> Bool {
    try chronicle(of: domain).record.isUsed(number)
  }

  /// Takes a token number of `domain`; false where it is used.
  func useToken(_ number: UInt64, of domain: Int) throws(StatusWordError) -> Bool {
    var (place, chronicle) = try chronicle(of: domain)
    guard chronicle.use(number) else { return false }
    keep(chronicle, at: place)
    return true
  }

  /// Notes the version of a module of `domain`; false where the domain had a newer one.
  func noteVersion(_ version: UInt16, of module: AID, in domain: Int) throws(StatusWordError) -> Bool {
    var (place, chronicle) = try chronicle(of: domain)
    guard chronicle.note(version, of: module) else { return false }
    keep(chronicle, at: place)
    return true
  }
}
