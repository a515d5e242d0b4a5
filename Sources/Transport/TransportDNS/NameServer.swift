import CResolv
import Transport

/// A resolver of the domain name system, asked through the C library: over UDP, and over TCP where the answer is long.
public struct NameServer: Sendable {
  /// TXT (RFC 1035 §3.3.14).
  private static let text: Int32 = 16
  /// The longest message there is.
  private static let longest = 65_535

  private let address: String
  private let port: UInt16
  private let seconds: Int32

  /// The resolver at an IPv4 `address`, which is waited for twice `seconds`.
  public init(address: String, port: UInt16 = 53, seconds: Int = 3) {
    (self.address, self.port, self.seconds) = (address, port, Int32(clamping: seconds))
  }

  /// The texts of `name`'s TXT records, of each its strings one behind the other; none where there is no such name.
  public func texts(of name: String) throws(LinkError) -> [[UInt8]] {
    var answer = [UInt8](repeating: 0, count: Self.longest)
    let length = simurgh_dns_query(address, port, name, Self.text, seconds, &answer, Int32(Self.longest))
    guard length >= 0 else {
      throw LinkError(.unreachable, "the name server at \(address):\(port) says nothing about \(name)")
    }
    guard length > 0 else { return [] }
    var texts: [[UInt8]] = []
    var data = [UInt8](repeating: 0, count: Self.longest)
    for index in 0..<Int32(64) {
      let count = simurgh_dns_record(answer, length, index, Self.text, &data, Int32(Self.longest))
      if count == -1 { break }
      if count >= 0 { texts.append(Self.joined(data.prefix(Int(count)))) }
    }
    return texts
  }

  /// A character-string is its length and as many bytes (RFC 1035 §3.3).
  private static func joined(_ data: ArraySlice<UInt8>) -> [UInt8] {
    var (rest, text) = (data, [UInt8]())
    while let length = rest.first {
      text += rest.dropFirst().prefix(Int(length))
      rest = rest.dropFirst(1 + Int(length))
    }
    return text
  }
}
