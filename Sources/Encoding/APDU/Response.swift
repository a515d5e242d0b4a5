import Bytes

/// A card's answer: data, then the status word.
public struct Response: Hashable, Sendable, CustomStringConvertible {
  /// The answer's data; often empty.
  public var data: [UInt8]
  /// How the command ended.
  public var status: StatusWord

  /// An answer of `data` and `status`.
  public init(_ data: [UInt8] = [], _ status: StatusWord = .ok) { (self.data, self.status) = (data, status) }

  /// The answer that `bytes` writes; nil where not even a status word is there.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count >= 2 else { return nil }
    let all = Array(bytes)
    self.init(
      Array(all.dropLast(2)), StatusWord(rawValue: UInt16(all[all.count - 2]) << 8 | UInt16(all[all.count - 1])))
  }

  /// The answer as it goes over the line.
  public var bytes: [UInt8] { data + status.bytes }

  public var description: String { bytes.hex }
}
