import CircleOfTrust
import Keys
import NIOSSL
import Transport

/// What one side proves itself with in TLS: its certificates and the private key of the first.
public struct TLSIdentity: Sendable {
  let chain: [NIOSSLCertificate]
  let key: NIOSSLPrivateKey

  /// Certificates in DER, the own one first, the root left out; the key is on P-256, since no library here speaks TLS
  /// with brainpoolP256r1.
  public init(certificates: [[UInt8]], key: PrivateKey) throws(LinkError) {
    guard key.curve == .p256 else {
      throw LinkError(
        .untrusted, "TLS needs a P-256 key; for a brainpool certificate put nginx or haproxy in front and serve plainly"
      )
    }
    guard let key = try? NIOSSLPrivateKey(bytes: key.pkcs8.bytes, format: .der) else {
      throw LinkError(.untrusted, "the TLS private key cannot be used")
    }
    chain = try NIOSSLCertificate.list(certificates)
    self.key = key
    guard !chain.isEmpty else { throw LinkError(.untrusted, "the TLS identity has no certificate") }
  }
}

extension NIOSSLCertificate {
  /// The certificates that the DER encodings are.
  static func list(_ certificates: [[UInt8]]) throws(LinkError) -> [NIOSSLCertificate] {
    var list: [NIOSSLCertificate] = []
    for der in certificates {
      guard let certificate = try? NIOSSLCertificate(bytes: der, format: .der) else {
        throw LinkError(.untrusted, "a TLS certificate is no X.509 certificate in DER")
      }
      list.append(certificate)
    }
    return list
  }
}
