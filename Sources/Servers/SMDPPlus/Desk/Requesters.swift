import Bytes
import Keys

/// The operators that may call ES2+, each known by its client certificate.
public struct Requesters: Sendable {
  /// One operator.
  public struct Requester: Sendable, Hashable {
    /// Its functionRequesterIdentifier: the owner of its orders.
    public let identifier: String
    /// SHA-256 of its client certificate in DER; self-signed ones are pinned by it just the same.
    public let fingerprints: Set<[UInt8]>
    /// Where it wants to be told how downloads go (host, with a port where it is not 443); nil for nowhere.
    public let callback: String?

    /// All fields.
    public init(identifier: String, fingerprints: Set<[UInt8]>, callback: String? = nil) {
      (self.identifier, self.fingerprints, self.callback) = (identifier, fingerprints, callback)
    }
  }

  private let byIdentifier: [String: Requester]
  private let byFingerprint: [[UInt8]: Requester]

  /// The given operators; of two with one identifier or one certificate the first counts.
  public init(_ requesters: [Requester] = []) {
    byIdentifier = Dictionary(requesters.map { ($0.identifier, $0) }) { first, _ in first }
    byFingerprint = Dictionary(requesters.flatMap { item in item.fingerprints.map { ($0, item) } }) { first, _ in first
    }
  }

  /// The operator called `identifier`.
  public subscript(identifier: String) -> Requester? { byIdentifier[identifier] }

  /// The operator whose client certificate, in DER, is `certificate`.
  public func requester(certificate: [UInt8]) -> Requester? { byFingerprint[sha256(certificate)] }
}
