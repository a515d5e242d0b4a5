import APDU
import Bytes
import CircleOfTrust
import Identifiers
import SGP22
import SecureElement
import TLV

/// The eUICC's own items in the card's memory, read and written within one command.
struct CardRecords {
  /// The eUICC's area.
  static let area = MemoryArea.application(1)

  /// What stands where; lists count on from their first number.
  enum Item {
    static let constants: UInt32 = 1
    static let defaultDpAddress: UInt32 = 2
    static let nextSeqNumber: UInt32 = 3
    static let timeSeen: UInt32 = 4
    static let displacedProfile: UInt32 = 5
    static let identities: UInt32 = 0x0100
    static let oneTimeKeys: UInt32 = 0x0200
    static let revocationLists: UInt32 = 0x0300
    static let profiles: UInt32 = 0x0001_0000
    static let notifications: UInt32 = 0x8000_0000
  }

  let memory: MemoryTransaction

  init(_ memory: MemoryTransaction) { self.memory = memory }

  // MARK: Single items

  /// What was given to the card when it was made; 6F00 where it was not.
  func constants() throws(StatusWordError) -> Constants {
    guard let constants = read(Item.constants, as: Constants.self) else { throw StatusWordError(.technicalProblem) }
    return constants
  }

  /// The default SM-DP+'s address, as text.
  var defaultDpAddress: String? {
    get { bytes(Item.defaultDpAddress).map { String(decoding: $0, as: UTF8.self) } }
    nonmutating set { write(Item.defaultDpAddress, newValue.map { Array($0.utf8) }) }
  }

  /// The number of the next notification.
  var nextSeqNumber: Int {
    get { bytes(Item.nextSeqNumber).flatMap { Int(bigEndian: $0) } ?? 1 }
    nonmutating set { write(Item.nextSeqNumber, UInt32(truncatingIfNeeded: newValue).bigEndianBytes) }
  }

  /// The latest time that the card has proof of.
  var timeSeen: Instant {
    get { Instant(milliseconds: bytes(Item.timeSeen).flatMap { Int64(bigEndian: $0) } ?? 0) }
    nonmutating set { write(Item.timeSeen, newValue.milliseconds.bigEndianBytes) }
  }

  /// The operational profile that a test profile has displaced.
  var displacedProfile: AID? {
    get { bytes(Item.displacedProfile).flatMap { try? AID($0) } }
    nonmutating set { write(Item.displacedProfile, newValue?.bytes) }
  }

  // MARK: Lists

  /// The identities, the preferred first.
  var identities: [IdentityRecord] { list(Item.identities).compactMap { try? IdentityRecord(encoded: $0.content) } }

  /// The one-time keys that wait for a retry, the oldest first.
  var oneTimeKeys: [OneTimeKey] {
    get { list(Item.oneTimeKeys).compactMap { try? OneTimeKey(encoded: $0.content) } }
    nonmutating set { replace(Item.oneTimeKeys, with: newValue.map(\.encoded)) }
  }

  /// The revocation lists in DER.
  var revocationLists: [[UInt8]] {
    get { list(Item.revocationLists).map(\.content) }
    nonmutating set { replace(Item.revocationLists, with: newValue) }
  }

  /// The installed profiles in the order of their ISD-Ps.
  var profiles: [InstalledProfile] { list(Item.profiles).compactMap { try? InstalledProfile(encoded: $0.content) } }

  /// Keeps a profile, new or changed.
  func write(_ profile: InstalledProfile) { write(Item.profiles + UInt32(profile.number), profile.encoded) }

  /// Forgets a profile.
  func remove(_ profile: InstalledProfile) { write(Item.profiles + UInt32(profile.number), nil) }

  /// The lowest number that no profile has.
  var freeProfileNumber: Int? {
    let taken = Set(profiles.map(\.number))
    return (InstalledProfile.firstNumber...InstalledProfile.lastNumber).first { !taken.contains($0) }
  }

  /// The notifications that wait, the oldest first.
  var notifications: [StoredNotification] {
    list(Item.notifications).compactMap { try? StoredNotification(encoded: $0.content) }
  }

  /// Keeps a notification under its number.
  func write(_ notification: StoredNotification, seqNumber: Int) {
    write(Item.notifications | UInt32(truncatingIfNeeded: seqNumber), notification.encoded)
  }

  /// Forgets a notification; false where there is none.
  func removeNotification(seqNumber: Int) -> Bool {
    guard let number = UInt32(exactly: seqNumber), number < Item.notifications,
      bytes(Item.notifications + number) != nil
    else { return false }
    write(Item.notifications + number, nil)
    return true
  }

  // MARK: Bytes

  private func key(_ item: UInt32) -> MemoryKey { MemoryKey(Self.area, item) }

  func bytes(_ item: UInt32) -> [UInt8]? { memory.read(key(item)) }

  func write(_ item: UInt32, _ content: [UInt8]?) {
    if let content { memory.write(key(item), content) } else { memory.remove(key(item)) }
  }

  private func read<Record: TLVMessage>(_ item: UInt32, as type: Record.Type) -> Record? {
    bytes(item).flatMap { try? Record(encoded: $0) }
  }

  /// The items of the list that begins at `first`: up to the beginning of the next one.
  private func list(_ first: UInt32) -> [(item: UInt32, content: [UInt8])] {
    let starts = [Item.identities, Item.oneTimeKeys, Item.revocationLists, Item.profiles, Item.notifications]
    let end = starts.first { $0 > first } ?? .max
    return memory.keys(in: Self.area).compactMap { key in
      guard key.item >= first, key.item < end, let content = memory.read(key) else { return nil }
      return (key.item, content)
    }
  }

  private func replace(_ first: UInt32, with contents: [[UInt8]]) {
    for (item, _) in list(first) { write(item, nil) }
    for (index, content) in contents.enumerated() { write(first + UInt32(index), content) }
  }
}
