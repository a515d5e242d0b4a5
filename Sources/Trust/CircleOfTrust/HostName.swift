extension Certificate {
  /// Whether the certificate is for the TLS server `host` (RFC 6125 §6.4): compared with the dNSNames alone, never with
  /// the common name, without case and whole label by whole label.
  ///
  /// "*" stands for one whole label, the leftmost, above at least two others; in any other place a name with "*" matches
  /// nothing. An address is no name and matches nothing.
  public func isFor(host: String) -> Bool {
    guard !host.contains("*"), let wanted = HostName.labels(host) else { return false }
    return extensions.hostNames.contains { name in
      guard let labels = HostName.labels(name), labels.count == wanted.count else { return false }
      if labels == wanted { return true }
      return labels[0] == "*" && labels.count >= 3 && labels.dropFirst() == wanted.dropFirst()
    }
  }
}

/// Names of TLS servers (RFC 6125 §6.4).
enum HostName {
  /// The lower-case labels of an ASCII name, one dot at its end left out; nil for an address and for what is no name.
  static func labels(_ name: String) -> [String]? {
    guard name.utf8.count <= 254, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }) else {
      return nil
    }
    let whole = name.hasSuffix(".") ? name.dropLast() : name[...]
    let labels = whole.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    // No top-level domain is a number: what ends in one is an IPv4 address.
    guard !labels.contains(""), labels.last?.allSatisfy(\.isNumber) == false else { return nil }
    return labels
  }

  /// Whether a certificate for `name` would ever match a host.
  static func isCertifiable(_ name: String) -> Bool {
    guard let labels = labels(name) else { return false }
    let rest = labels[0] == "*" && labels.count >= 3 ? labels.dropFirst() : labels[...]
    return !rest.contains { $0.contains("*") }
  }
}
