import Bytes
import Keys
import Transport

/// Somebody who may use the HTTP interface.
public struct HTTPClient: Sendable {
  /// What a client may do.
  public enum Right: String, Sendable, CaseIterable {
    /// Get vectors and resynchronise.
    case authenticate
    /// Enter, show, change and remove subscribers.
    case administer
  }

  /// What a client proves itself with. Only digests are kept: they open nothing.
  public enum Proof: Sendable {
    /// SHA-256 of a token that it sends as `Authorization: Bearer …`.
    case token(sha256: [UInt8])
    /// SHA-256 of the certificate (DER) that it shows in TLS.
    case certificate(sha256: [UInt8])
  }

  /// Its name as a serving node, and in the event record.
  public let name: String
  public let rights: Set<Right>
  private let proof: Proof

  /// A client.
  public init(name: String, rights: Set<Right>, proof: Proof) {
    (self.name, self.rights, self.proof) = (name, rights, proof)
  }

  /// Whether the message proves that this client sent it.
  func isSender(of message: Message) -> Bool {
    switch proof {
    case .token(let digest):
      guard let field = message.headers["Authorization"], field.hasPrefix("Bearer ") else { return false }
      return equalInConstantTime(sha256(Array(field.dropFirst(7).utf8)), digest)
    case .certificate(let digest):
      return message.peerCertificate.map { equalInConstantTime(sha256($0), digest) } ?? false
    }
  }
}
