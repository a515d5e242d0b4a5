import Bytes
import Keys

/// A log whose bytes are sealed under a master key before they reach the storage: what is stolen with the storage
/// tells nothing and cannot be changed unnoticed. (An older copy of the whole can still be put back.)
///
/// Each append is one frame: four bytes of length, then the wrapped bytes, bound to their place in the log. The first
/// frame is written together with the log and holds nothing but the log's own beginning, so that a wrong master key is
/// told from a torn log.
public final class SealedLog: LogStorage {
  private let storage: any LogStorage
  private let vault: KeyVault
  private let random: any RandomSource
  /// Where the frames end: how many bytes they bring, and where they stand in the storage.
  private var ends: [(plain: Int, sealed: Int)] = []

  /// The log that `storage` keeps sealed under `vault`'s key; nonces come from `random`, which must never repeat.
  public init(_ storage: any LogStorage, vault: KeyVault, random: any RandomSource) {
    (self.storage, self.vault, self.random) = (storage, vault, random)
  }

  public var place: String { storage.place }

  public func read() throws(CardMemoryError) -> [UInt8] {
    let sealed = try storage.read()
    ends = []
    var plain: [UInt8] = []
    var offset = 0
    while let frame = Self.frame(in: sealed, at: offset) {
      guard let content = try? vault.unwrap(Array(frame), context: context(plain.count, isFirst: offset == 0)) else {
        break
      }
      plain += content.bytes
      offset = frame.endIndex
      ends.append((plain.count, offset))
    }
    if sealed.isEmpty {
      try replace(with: [])
    } else if ends.isEmpty || (offset < sealed.count && isFrame(sealed[0...], behind: offset)) {
      throw .damaged(place)
    } else if offset < sealed.count {
      try storage.truncate(to: offset)
    }
    return plain
  }

  public func append(_ bytes: [UInt8]) throws(CardMemoryError) {
    let last = ends.last ?? (0, 0)
    let frame = try seal(bytes, at: last.plain, isFirst: false)
    try storage.append(frame)
    ends.append((last.plain + bytes.count, last.sealed + frame.count))
  }

  public func replace(with bytes: [UInt8]) throws(CardMemoryError) {
    let head = try seal([], at: 0, isFirst: true)
    let frame = bytes.isEmpty ? [] : try seal(bytes, at: 0, isFirst: false)
    try storage.replace(with: head + frame)
    ends = [(0, head.count)] + (bytes.isEmpty ? [] : [(bytes.count, head.count + frame.count)])
  }

  public func truncate(to count: Int) throws(CardMemoryError) {
    // Frames go as a whole: what is cut off was never committed.
    while ends.count > 1, let last = ends.last, last.plain > count { ends.removeLast() }
    try storage.truncate(to: ends.last?.sealed ?? 0)
  }

  /// After the vault's master key was rotated: seals the whole log anew under the current one, where any of it is under
  /// another. The storage is replaced as a whole.
  public func rewrap() throws(CardMemoryError) {
    let sealed = try storage.read()
    var (offset, isOutdated) = (0, false)
    while let frame = Self.frame(in: sealed, at: offset) {
      if vault.isOutdated(Array(frame)) { isOutdated = true }
      offset = frame.endIndex
    }
    guard isOutdated else { return }
    try replace(with: read())
  }

  private func context(_ offset: Int, isFirst: Bool) -> String { isFirst ? "card log" : "card log at \(offset)" }

  private func seal(_ bytes: [UInt8], at offset: Int, isFirst: Bool) throws(CardMemoryError) -> [UInt8] {
    do {
      let wrapped = try vault.wrap(Secret(bytes), context: context(offset, isFirst: isFirst), random: random)
      return UInt32(truncatingIfNeeded: wrapped.count).bigEndianBytes + wrapped
    } catch {
      throw .system("cannot seal \(place): \(error)")
    }
  }

  /// The wrapped bytes of the frame at `offset`, if they are all there.
  private static func frame(in sealed: [UInt8], at offset: Int) -> ArraySlice<UInt8>? {
    guard sealed.count - offset >= 4, let length = UInt32(bigEndian: sealed[offset..<offset + 4]),
      sealed.count - offset - 4 >= Int(length)
    else { return nil }
    return sealed[offset + 4..<offset + 4 + Int(length)]
  }

  /// Whether the beginning that all frames share (version and key) stands behind the broken frame at `offset`: then
  /// the frame is damaged, not torn, for a torn one is the last.
  private func isFrame(_ sealed: ArraySlice<UInt8>, behind offset: Int) -> Bool {
    let mark = sealed[4..<13]
    let start = offset + 5
    guard sealed.count >= start + mark.count else { return false }
    return (start...sealed.count - mark.count).contains { sealed[$0...].starts(with: mark) }
  }
}
