import Bytes
import Foundation
import Identifiers
import Keys
import TLV

/// A certificate maker without scruples, for chains that a real authority would not issue.
struct TestCertificates {
  static let dpTLS = OID("2.23.146.1.2.1.3")
  static let dpAuth = OID("2.23.146.1.2.1.4")

  let name: String
  let key: PrivateKey
  let certificate: [UInt8]

  struct Request {
    var name: String
    var dns: String?
    var policy: OID? = TestCertificates.dpTLS
    var from = Instant.now() - .seconds(3600)
    var to = Instant.now() + .seconds(86_400)
    var isAuthority = false
    var criticalPolicy = false
  }

  /// A self-signed certificate.
  init(_ request: Request) throws {
    let key = PrivateKey(.p256, random: SystemRandomSource.shared)
    self.init(
      name: request.name, key: key,
      certificate: try Self.make(request, key: key.publicKey, issuer: request.name, issuerKey: key))
  }

  init(name: String, key: PrivateKey, certificate: [UInt8]) {
    (self.name, self.key, self.certificate) = (name, key, certificate)
  }

  /// A certificate issuer.
  static func issuer(_ name: String = "Test CI") throws -> TestCertificates {
    try TestCertificates(Request(name: name, policy: OID("2.23.146.1.2.1.0"), isAuthority: true))
  }

  /// A certificate issued by this one.
  func issue(_ request: Request) throws -> TestCertificates {
    let subject = PrivateKey(.p256, random: SystemRandomSource.shared)
    let certificate = try Self.make(request, key: subject.publicKey, issuer: name, issuerKey: key)
    return TestCertificates(name: request.name, key: subject, certificate: certificate)
  }

  private static func make(
    _ request: Request, key: PublicKey, issuer: String, issuerKey: PrivateKey
  ) throws -> [UInt8] {
    let ecdsa = Array<UInt8>([0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02])
    var body = TLVWriter()
    body.write(.sequence) { body in
      body.write(.context(0, constructed: true)) { $0.write(.integer, 2) }
      body.write(.integer, bytes: [0x01] + SystemRandomSource.shared.bytes(15))
      body.append(encoded: ecdsa)
      write(name: issuer, to: &body)
      body.write(.sequence) { body in
        body.write(0x17, time(request.from))
        body.write(0x17, time(request.to))
      }
      write(name: request.name, to: &body)
      body.write(.sequence) { body in
        body.write(.sequence) { body in
          body.write(.objectIdentifier, OID("1.2.840.10045.2.1"))
          body.write(.objectIdentifier, OID("1.2.840.10045.3.1.7"))
        }
        body.write(.bitString, bytes: [0] + key.point)
      }
      body.write(.context(3, constructed: true)) { body in
        body.write(.sequence) { extensions(request, key: key, issuerKey: issuerKey.publicKey, to: &$0) }
      }
    }
    let signature = try issuerKey.sign(body.bytes)
    var whole = TLVWriter()
    whole.write(.sequence) { whole in
      whole.append(encoded: body.bytes)
      whole.append(encoded: ecdsa)
      var pair = TLVWriter()
      pair.write(.sequence) { pair in
        for half in [signature.prefix(32), signature.suffix(32)] {
          let number = Array(half.drop { $0 == 0 })
          pair.write(.integer, bytes: (number.first ?? 0) >= 0x80 ? [0] + number : number)
        }
      }
      whole.write(.bitString, bytes: [0] + pair.bytes)
    }
    return whole.bytes
  }

  private static func extensions(
    _ request: Request, key: PublicKey, issuerKey: PublicKey, to writer: inout TLVWriter
  ) {
    func add(_ oid: String, critical: Bool, _ body: (inout TLVWriter) -> Void) {
      writer.write(.sequence) { writer in
        writer.write(.objectIdentifier, OID(oid))
        if critical { writer.write(.boolean, true) }
        writer.write(.octetString) { body(&$0) }
      }
    }
    add("2.5.29.14", critical: false) { $0.write(.octetString, bytes: sha1(key.point)) }
    add("2.5.29.35", critical: false) { writer in
      writer.write(.sequence) { $0.write(.context(0, constructed: false), bytes: sha1(issuerKey.point)) }
    }
    if request.isAuthority {
      add("2.5.29.19", critical: true) { writer in writer.write(.sequence) { $0.write(.boolean, true) } }
    }
    add("2.5.29.15", critical: true) { writer in
      writer.write(.bitString, bytes: request.isAuthority ? [0x01, 0x06] : [0x07, 0x80])
    }
    if let policy = request.policy {
      add("2.5.29.32", critical: request.criticalPolicy) { writer in
        writer.write(.sequence) { $0.write(.sequence) { $0.write(.objectIdentifier, policy) } }
      }
    }
    if let dns = request.dns {
      add("2.5.29.17", critical: false) { writer in
        writer.write(.sequence) { writer in
          writer.write(0x82, dns)
          writer.write(0x88, OID("2.999.10"))
        }
      }
      add("2.5.29.37", critical: true) { writer in
        writer.write(.sequence) { writer in
          writer.write(.objectIdentifier, OID("1.3.6.1.5.5.7.3.1"))
          writer.write(.objectIdentifier, OID("1.3.6.1.5.5.7.3.2"))
        }
      }
    }
  }

  private static func write(name: String, to writer: inout TLVWriter) {
    writer.write(.sequence) { writer in
      writer.write(.set) { writer in
        writer.write(.sequence) { writer in
          writer.write(.objectIdentifier, OID("2.5.4.3"))
          writer.write(.utf8String, name)
        }
      }
    }
  }

  /// UTCTime: YYMMDDHHMMSSZ.
  private static func time(_ instant: Instant) -> String {
    instant.description.dropFirst(2).filter { $0.isNumber } + "Z"
  }
}
