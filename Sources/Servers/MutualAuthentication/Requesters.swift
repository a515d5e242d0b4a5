import Bytes
import CircleOfTrust
import Keys
import SGP22
import Stations

/// The parties that may call, each known by its client certificate: operators on ES2+ and ES4, eUICC makers on ES1.
public struct Requesters: Sendable {
  /// One party.
  public struct Requester: Sendable, Hashable {
    /// Its functionRequesterIdentifier: the owner of its orders and profiles.
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

  /// The given parties; of two with one identifier or one certificate the first counts.
  public init(_ requesters: [Requester] = []) {
    byIdentifier = Dictionary(requesters.map { ($0.identifier, $0) }) { first, _ in first }
    byFingerprint = Dictionary(requesters.flatMap { item in item.fingerprints.map { ($0, item) } }) { first, _ in first
    }
  }

  /// The party called `identifier`.
  public subscript(identifier: String) -> Requester? { byIdentifier[identifier] }

  /// The party whose client certificate, in DER, is `certificate`.
  public func requester(certificate: [UInt8]) -> Requester? { byFingerprint[sha256(certificate)] }

  /// SGP.22 §5.2.6: the party that calls. Who it says it is and whose certificate it shows must be one. The certificate is
  /// known for itself; a list of its issuer that revokes it counts all the same, from the next call on.
  public func caller(
    _ header: JSONBinding.RequestHeader?, certificate: [UInt8]?, in circle: Circle
  ) throws(Denial) -> Requester {
    guard let header else { throw Refusal.elementMissing.because("\"header\" is missing") }
    guard let certificate, let requester = requester(certificate: certificate) else {
      throw Refusal.requesterUnknown.because(
        "\(header.functionRequesterIdentifier) came with \(certificate == nil ? "no" : "an unknown") certificate")
    }
    if let known = try? Certificate(encoded: certificate), let date = circle.revocation(of: known) {
      throw Refusal.requesterUnknown.because("\(requester.identifier)'s certificate was revoked on \(date)")
    }
    guard requester.identifier == header.functionRequesterIdentifier else {
      throw Refusal.requesterUnknown.because(
        "\(requester.identifier) called itself \(header.functionRequesterIdentifier)")
    }
    return requester
  }
}
