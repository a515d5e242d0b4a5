import Synchronization

/// Lets equal contents of many cards share one buffer (found by hash, compared in full).
///
/// It holds two generations: what was asked for since the last turn, and what was asked for in the turn before.
/// Contents nobody asks for any more fall out; the cards that hold them are not affected.
public final class ContentPool: Sendable {
  /// The pool that cards use unless they are given another.
  public static let shared = ContentPool()

  private struct Generations<Value: Sendable> {
    var young: [[UInt8]: Value] = [:]
    var old: [[UInt8]: Value] = [:]

    mutating func find(_ key: [UInt8], limit: Int, make: () -> Value?) -> Value? {
      if let value = young[key] { return value }
      guard let value = old.removeValue(forKey: key) ?? make() else { return nil }
      if young.count >= limit { (young, old) = ([:], young) }
      young[key] = value
      return value
    }
  }

  private let contents = Mutex(Generations<[UInt8]>())
  private let trees = Mutex(Generations<FileTree>())
  private let limit: Int

  /// A pool whose generations hold up to `limit` contents each.
  public init(limit: Int = 1 << 16) { self.limit = limit }

  /// An array equal to `content`, its storage shared with others who asked before.
  func shared(_ content: [UInt8]) -> [UInt8] {
    contents.withLock { $0.find(content, limit: limit) { content } ?? content }
  }

  /// The directory structure that `encoded` writes, decoded once for all cards that have it.
  func tree(_ encoded: [UInt8]) -> FileTree? {
    trees.withLock { $0.find(encoded, limit: 256) { try? FileTree(encoded: encoded) } }
  }
}
