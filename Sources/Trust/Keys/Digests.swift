import Bytes
import CryptoExtras

/// SHA-256 (FIPS 180-4): 32 bytes.
public func sha256(_ data: [UInt8]) -> [UInt8] { SHA256.hash(data: data).withUnsafeBytes { Array($0) } }

/// SHA-1 (FIPS 180-4): 20 bytes. Only where a specification names it, as key identifiers do (RFC 5280 §4.2.1.2).
public func sha1(_ data: [UInt8]) -> [UInt8] { Insecure.SHA1.hash(data: data).withUnsafeBytes { Array($0) } }

/// HMAC with SHA-256 (RFC 2104): 32 bytes.
public func hmacSHA256(_ data: [UInt8], key: Secret) -> [UInt8] {
  HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key.bytes)).withUnsafeBytes { Array($0) }
}

/// The key derivation of ANSI X9.63 §5.6.3 with SHA-256 (BSI TR-03111 §4.3.3): `length` bytes, of SHA-256 over
/// `secret`, a counter of four bytes from 1 and `sharedInfo`.
public func x963KDF(secret: Secret, sharedInfo: [UInt8], length: Int) -> Secret {
  var output: [UInt8] = []
  var counter: UInt32 = 0
  while output.count < length {
    counter += 1
    output += sha256(secret.bytes + counter.bigEndianBytes + sharedInfo)
  }
  return Secret(Array(output.prefix(max(0, length))))
}
