import Bytes
import CryptoExtras

/// AES (FIPS 197) with keys of 16, 24 or 32 bytes, in the modes that the specifications use.
public enum AES {
  /// Bytes in a block.
  public static let blockSize = 16

  /// One block of 16 bytes, encrypted.
  public static func encryptBlock(_ block: [UInt8], key: Secret) throws(KeyError) -> [UInt8] {
    try encryptBlock(block, key: symmetric(key))
  }

  /// One block under a key that is ready.
  static func encryptBlock(_ block: [UInt8], key: SymmetricKey) throws(KeyError) -> [UInt8] {
    var block = block
    guard (try? CryptoExtras.AES.permute(&block, key: key)) != nil else { throw .blocksWanted }
    return block
  }

  /// CBC without padding (NIST SP 800-38A §6.2): `data` is whole blocks, `iv` one block.
  public static func cbcEncrypt(_ data: [UInt8], key: Secret, iv: [UInt8]) throws(KeyError) -> [UInt8] {
    try cbc(data, key: key, iv: iv, using: CryptoExtras.AES._CBC.encrypt)
  }

  /// CBC without padding (NIST SP 800-38A §6.2): `data` is whole blocks, `iv` one block.
  public static func cbcDecrypt(_ data: [UInt8], key: Secret, iv: [UInt8]) throws(KeyError) -> [UInt8] {
    // swift-crypto refuses to decrypt nothing.
    if data.isEmpty { return try cbcEncrypt(data, key: key, iv: iv) }
    return try cbc(data, key: key, iv: iv, using: CryptoExtras.AES._CBC.decrypt)
  }

  private static func cbc<Output: Sequence<UInt8>>(
    _ data: [UInt8], key: Secret, iv: [UInt8],
    using mode: ([UInt8], SymmetricKey, CryptoExtras.AES._CBC.IV, Bool) throws -> Output
  ) throws(KeyError) -> [UInt8] {
    let key = try symmetric(key)
    guard let iv = try? CryptoExtras.AES._CBC.IV(ivBytes: iv), let result = try? mode(data, key, iv, true) else {
      throw .blocksWanted
    }
    return Array(result)
  }

  /// CMAC (NIST SP 800-38B), all 16 bytes.
  public static func cmac(_ data: [UInt8], key: Secret) throws(KeyError) -> [UInt8] {
    guard var mac = try? CryptoExtras.AES.CMAC(key: symmetric(key)) else { throw .keySize }
    data.withUnsafeBytes { mac.update(bufferPointer: $0) }
    return mac.finalize().withUnsafeBytes { Array($0) }
  }

  /// GCM (NIST SP 800-38D) with a nonce of 12 bytes, never used twice under a key: the ciphertext, then 16 bytes of tag.
  public static func gcmSeal(
    _ plaintext: [UInt8], key: Secret, nonce: [UInt8], authenticating data: [UInt8] = []
  ) throws(KeyError) -> [UInt8] {
    let key = try symmetric(key)
    guard nonce.count == 12, let nonce = try? CryptoExtras.AES.GCM.Nonce(data: nonce),
      let box = try? CryptoExtras.AES.GCM.seal(plaintext, using: key, nonce: nonce, authenticating: data)
    else { throw .nonceSize }
    return Array(box.ciphertext) + Array(box.tag)
  }

  /// The plaintext of what ``gcmSeal(_:key:nonce:authenticating:)`` sealed; refused if a bit of it was changed.
  public static func gcmOpen(
    _ sealed: [UInt8], key: Secret, nonce: [UInt8], authenticating data: [UInt8] = []
  ) throws(KeyError) -> [UInt8] {
    let key = try symmetric(key)
    guard nonce.count == 12 else { throw .nonceSize }
    guard sealed.count >= 16, let nonce = try? CryptoExtras.AES.GCM.Nonce(data: nonce),
      let box = try? CryptoExtras.AES.GCM.SealedBox(
        nonce: nonce, ciphertext: sealed.dropLast(16), tag: sealed.suffix(16)),
      let plaintext = try? CryptoExtras.AES.GCM.open(box, using: key, authenticating: data)
    else { throw KeyError("the sealed data were changed, or sealed under another key") }
    return Array(plaintext)
  }

  static func symmetric(_ key: Secret) throws(KeyError) -> SymmetricKey {
    guard [16, 24, 32].contains(key.bytes.count) else { throw .keySize }
    return SymmetricKey(data: key.bytes)
  }
}

extension KeyError {
  static let keySize = KeyError("an AES key has 16, 24 or 32 bytes")
  static let blocksWanted = KeyError("AES wants whole blocks of 16 bytes, and an initial vector of one block")
  static let nonceSize = KeyError("AES-GCM wants a nonce of 12 bytes")
}
