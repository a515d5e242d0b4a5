/// The token by which an SM-DP+ finds the profile that waits (SGP.22 §4.1.1, §5.3.2): digits, upper-case letters and
/// hyphens. A path like `../` cannot be written in it.
public struct MatchingId: Sendable, Hashable, CustomStringConvertible {
  /// The token: empty, or up to 255 characters.
  public let text: String

  /// nil where the text has another character or is too long.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count <= Limit.matchingId,
      text.utf8.allSatisfy({
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "-")
      })
    else { return nil }
    self.text = String(text)
  }

  /// Whether it is the empty token, which asks for the profile that waits for this EID.
  public var isEmpty: Bool { text.isEmpty }

  public var description: String { text }
}
