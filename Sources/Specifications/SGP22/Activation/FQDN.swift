/// A host name of an SM-DP+ or SM-DS (SGP.22 §4.1, RFC 1035 §2.3.1): labels of letters, digits and hyphens.
public struct FQDN: Sendable, Hashable, CustomStringConvertible {
  /// The name in lower case, without a dot at the end.
  public let name: String
  /// A port after a colon, which laboratories use; nil is 443.
  public let port: UInt16?

  /// nil where the text is no host name of at most 253 characters, with or without a port.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), (1...253).contains(parts[0].utf8.count) else { return nil }
    if parts.count == 2 {
      guard let port = UInt16(parts[1]), port > 0, parts[1].first != "+" else { return nil }
      self.port = port
    } else {
      port = nil
    }
    for label in parts[0].split(separator: ".", omittingEmptySubsequences: false) {
      guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-",
        label.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") })
      else { return nil }
    }
    name = parts[0].lowercased()
  }

  public var description: String { port.map { "\(name):\($0)" } ?? name }
}

extension UInt8 {
  /// Whether the byte is a letter or digit of ASCII.
  var isLetterOrDigit: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}
