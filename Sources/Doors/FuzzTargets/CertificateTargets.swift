import CircleOfTrust
import Keys
import TLV

extension FuzzTarget {
  static let certificate = FuzzTarget("certificate") { bytes in
    guard let certificate = try? Certificate(encoded: bytes) else { return }
    precondition(certificate.encoded == bytes, "a certificate keeps the bytes it arrived in")
    precondition(certificate.issuer.matches(certificate.issuer), "a name matches itself")
    _ = certificate.summary
    _ = certificate.isFor(host: "smdp.example.com")
    // Trusting itself, in every role: whatever comes out, it comes out.
    let circle = Circle(roots: [certificate])
    for role in Role.allCases { _ = try? circle.verify([certificate], as: role, at: certificate.validity.notBefore) }
    _ = try? circle.verify([certificate, certificate], as: .euicc, at: nil)
  }

  static let revocationList = FuzzTarget("revocation-list") { bytes in
    guard let list = try? RevocationList(encoded: bytes) else { return }
    precondition(list.encoded == bytes, "a revocation list keeps the bytes it arrived in")
    var shelf = RevocationShelf()
    for _ in 0..<2 { _ = try? shelf.insert(list) }
    precondition(shelf.lists == [list], "the same list twice is one list")
  }

  static let privateKey = FuzzTarget("private-key") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let key = (try? PrivateKey(pem: text)) ?? (try? PrivateKey(der: bytes)) {
      let again = try? PrivateKey(pem: key.pem)
      precondition(again?.publicKey == key.publicKey, "a private key survives its own text")
    }
    _ = try? PEM.blocks(in: text)
  }
}
