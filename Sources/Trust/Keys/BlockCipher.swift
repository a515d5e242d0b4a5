import Bytes
import COpenSSL

/// AES-128 over many single blocks at once (NIST SP 800-38A §6.1), for algorithms that are made of single blocks: the key
/// is set up once, and the processor has several blocks under way.
final class BlockCipher {
  private let context: OpaquePointer
  /// Looked up once: a search each time costs more than the blocks.
  nonisolated(unsafe) private static let algorithm = EVP_CIPHER_fetch(nil, "AES-128-ECB", nil)

  /// Refuses a key that is not 16 bytes.
  init(key: UnsafeRawBufferPointer) throws(KeyError) {
    guard key.count == 16, let context = EVP_CIPHER_CTX_new() else { throw .keySize }
    self.context = context
    guard EVP_EncryptInit_ex2(context, Self.algorithm, key.baseAddress, nil, nil) == 1,
      EVP_CIPHER_CTX_set_padding(context, 0) == 1
    else { throw KeyError("AES is not there in libcrypto") }
  }

  deinit { EVP_CIPHER_CTX_free(context) }

  /// Encrypts whole blocks of 16 bytes in place.
  func encrypt(_ blocks: inout [UInt8]) throws(KeyError) {
    var length: Int32 = 0
    let done = blocks.withUnsafeMutableBufferPointer { blocks in
      EVP_EncryptUpdate(context, blocks.baseAddress, &length, blocks.baseAddress, Int32(clamping: blocks.count)) == 1
        && Int(length) == blocks.count
    }
    guard done else { throw .blocksWanted }
  }
}
