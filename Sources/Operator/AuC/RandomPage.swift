import Bytes
import Synchronization

/// Random bytes by the page: the RANDs of one request are 80 bytes, and asking the kernel for them costs more than making
/// them. What was given out is wiped.
final class RandomPage: RandomSource {
  private static let size = 4096
  private let source: any RandomSource
  private let page = Mutex((bytes: [UInt8](), next: 0))

  init(_ source: any RandomSource) { self.source = source }

  func bytes(_ count: Int) -> [UInt8] {
    guard (0...Self.size).contains(count) else { return source.bytes(count) }
    return page.withLock { page in
      if page.bytes.count - page.next < count { page = (source.bytes(Self.size), 0) }
      let taken = Array(page.bytes[page.next..<page.next + count])
      for index in page.next..<page.next + count { page.bytes[index] = 0 }
      page.next += count
      return taken
    }
  }
}
