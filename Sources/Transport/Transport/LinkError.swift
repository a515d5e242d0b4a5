import Glibc

/// Why a message did not get through, in a sentence for the person who can mend it.
public struct LinkError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of failure it is; decides whether trying again can help.
  public enum Kind: String, Sendable, Codable {
    /// Nobody answers there: no reader, no service, no such name.
    case unreachable
    /// The other side was there and went away, or a time limit passed: whether it took the message is unknown.
    case broken
    /// Its certificate, or ours, is refused.
    case untrusted
    /// What came is no message of this protocol, or longer than the limit.
    case malformed
  }

  /// What sort of failure it is.
  public let kind: Kind
  /// What is wrong, where, and what to do.
  public let sentence: String

  /// A failure of the given kind.
  public init(_ kind: Kind, _ sentence: String) { (self.kind, self.sentence) = (kind, sentence) }

  public var description: String { sentence }

  /// Nobody can listen on `port` of `host`: `number` is what the system said (errno), nil where the name has no address.
  public static func cannotListen(on host: String, _ port: Int, errno number: Int32?) -> LinkError {
    let reason =
      switch number {
      case EADDRINUSE: "another program listens there"
      case EACCES: "ports below 1024 are for root"
      case EADDRNOTAVAIL: "this machine has no such address"
      case let number?: String(cString: strerror(number))
      case nil: "no address is known by that name"
      }
    return LinkError(.unreachable, "nothing can listen on \(host):\(port): \(reason); choose another address or port")
  }
}
