import Bytes
import Keys
import TLV

// Private keys in files: PKCS#8 (RFC 5958), which is what is written, and SEC 1 (RFC 5915), which is read too.
// Encryption at rest is KeyVault's.

extension PrivateKey {
  /// The first private key in a PEM text, "PRIVATE KEY" (PKCS#8) or "EC PRIVATE KEY" (SEC 1).
  public init(pem text: some StringProtocol) throws(KeyError) {
    do {
      for block in try PEM.blocks(in: text) {
        switch block.label {
        case "PRIVATE KEY": self = try PrivateKey(pkcs8: block.bytes)
        case "EC PRIVATE KEY": self = try PrivateKey(sec1: block.bytes)
        case "ENCRYPTED PRIVATE KEY": throw KeyError("the private key is encrypted: decrypt it first")
        default: continue
        }
        return
      }
    } catch let error as KeyError { throw error } catch { throw KeyError("\(error)") }
    throw KeyError("the text contains no private key")
  }

  /// The private key that `der` is, in PKCS#8 or SEC 1.
  public init(der: [UInt8]) throws(KeyError) {
    var reader = TLVReader(der)
    // PKCS#8 begins with version 0 (or 1), SEC 1 with version 1 and the key's bytes.
    var fields = try? reader.element(.sequence).reader()
    _ = try? fields?.element(.integer)
    self = fields?.nextTag == .sequence ? try PrivateKey(pkcs8: der) : try PrivateKey(sec1: der)
  }

  // OneAsymmetricKey ::= SEQUENCE { version INTEGER, privateKeyAlgorithm AlgorithmIdentifier, privateKey OCTET STRING,
  //   attributes [0] OPTIONAL, publicKey [1] OPTIONAL }
  private init(pkcs8 der: [UInt8]) throws(KeyError) {
    do {
      var reader = try TLVElement(der).reader()
      guard try (0...1).contains(reader.read(.integer, as: Int.self)) else { throw Self.malformed }
      let curve = try Curve(algorithm: reader.element(.sequence))
      try self.init(sec1: Array(reader.element(.octetString).content), on: curve)
    } catch let error as KeyError { throw error } catch { throw Self.malformed }
  }

  // ECPrivateKey ::= SEQUENCE { version INTEGER (1), privateKey OCTET STRING, parameters [0] OPTIONAL,
  //   publicKey [1] BIT STRING OPTIONAL }
  private init(sec1 der: [UInt8], on outer: Curve? = nil) throws(KeyError) {
    do {
      var reader = try TLVElement(der).reader()
      guard try reader.read(.integer, as: Int.self) == 1 else { throw Self.malformed }
      let scalar = try reader.element(.octetString).content
      var curve = outer
      if let parameters = try reader.elementIfPresent(0xA0) {
        var parameters = try parameters.reader()
        let named = try Curve(namedCurve: parameters.element(.objectIdentifier))
        guard curve == nil || curve == named else { throw KeyError("the private key names two curves") }
        curve = named
      }
      guard let curve else { throw KeyError("the private key does not name its curve") }
      try self.init(curve, scalar: scalar)
      guard let wrapper = try reader.elementIfPresent(0xA1) else { return }
      var bits = try wrapper.reader()
      guard try bits.element(.bitString).content.elementsEqual([0] + publicKey.point) else {
        throw KeyError("the private key and the public key beside it do not belong together")
      }
    } catch let error as KeyError { throw error } catch { throw Self.malformed }
  }

  private static let malformed = KeyError("the private key is neither PKCS#8 nor SEC 1 on one of the two curves")

  /// The key in PKCS#8, with its public key.
  public var pkcs8: Secret {
    var writer = TLVWriter(capacity: 160)
    writer.write(.sequence) { writer in
      writer.write(.integer, 0)
      writer.write(.sequence) { curve.encodeAlgorithm(to: &$0) }
      writer.write(.octetString) { writer in
        writer.write(.sequence) { writer in
          writer.write(.integer, 1)
          writer.write(.octetString, scalar)
          writer.write(0xA1) { $0.write(.bitString, bytes: [0] + publicKey.point) }
        }
      }
    }
    return Secret(writer.bytes)
  }

  /// The key as PEM text: secret as the key itself.
  public var pem: String { PEM("PRIVATE KEY", pkcs8.bytes).text }
}
