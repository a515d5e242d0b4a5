import Bytes
import Keys

extension SCP03 {
  /// The three static keys of a set (Amendment D §6.1, table 6-1), AES keys of one length: 16, 24 or 32 bytes.
  public struct Keys: Hashable, Sendable {
    /// Key-ENC: session keys for encryption, and pseudo-random challenges.
    public let enc: Secret
    /// Key-MAC: session keys for MACs.
    public let mac: Secret
    /// Key-DEK: encrypts keys on their way to the card.
    public let dek: Secret

    /// Refuses keys of different lengths and lengths that AES does not have.
    public init(enc: Secret, mac: Secret, dek: Secret) throws(KeyError) {
      let length = enc.bytes.count
      guard [16, 24, 32].contains(length), mac.bytes.count == length, dek.bytes.count == length else {
        throw KeyError("the three keys of a set are AES keys of one length: 16, 24 or 32 bytes")
      }
      (self.enc, self.mac, self.dek) = (enc, mac, dek)
    }

    /// A card's own keys from an issuer's `master` key: the derivation of §4.1.5 over the card's diversification data
    /// (10 bytes), with the constants 01, 02 and 03. The issuer keeps one key for all its cards, no two of which share
    /// theirs.
    public init(master: Secret, diversificationData: [UInt8]) throws(KeyError) {
      let length = master.bytes.count
      func key(_ constant: UInt8) throws(KeyError) -> Secret {
        Secret(try derive(constant, diversificationData, key: master, length: length))
      }
      try self.init(enc: key(0x01), mac: key(0x02), dek: key(0x03))
    }

    /// A key for the data field of PUT KEY (Amendment D §7.2): AES-CBC under Key-DEK with an initial vector of zeros;
    /// filled up with zeros to whole blocks.
    public func wrap(_ key: Secret) throws(KeyError) -> [UInt8] {
      let fill = (AES.blockSize - key.bytes.count % AES.blockSize) % AES.blockSize
      return try AES.cbcEncrypt(key.bytes + [UInt8](repeating: 0, count: fill), key: dek, iv: SCP03.zeros)
    }

    /// The key of `length` bytes that ``wrap(_:)`` wrapped.
    public func unwrap(_ wrapped: [UInt8], length: Int) throws(KeyError) -> Secret {
      let key = try AES.cbcDecrypt(wrapped, key: dek, iv: SCP03.zeros)
      guard length <= key.count, key.count - length < AES.blockSize else {
        throw KeyError("the wrapped key has another length than it says")
      }
      return Secret(Array(key.prefix(length)))
    }
  }

  /// A key's check value (GlobalPlatform Card Specification 2.3 §B.6): AES over 16 bytes 01, its first 3 bytes.
  public static func checkValue(of key: Secret) throws(KeyError) -> [UInt8] {
    Array(try AES.encryptBlock([UInt8](repeating: 0x01, count: AES.blockSize), key: key).prefix(3))
  }

  /// The pseudo-random challenge of a card (Amendment D §6.2.2.1): over the sequence counter, 3 bytes, and the AID of
  /// the application that opens the session.
  static func challenge(
    sequenceCounter: [UInt8], aid: [UInt8], keys: Keys, length: Int
  ) throws(KeyError) -> [UInt8] {
    try derive(0x02, sequenceCounter + aid, key: keys.enc, length: length)
  }

  /// The data derivation scheme (Amendment D §4.1.5; NIST SP 800-108 §5.1 with CMAC): `length` bytes.
  ///
  /// Fixed input data: a label of 11 zeros and the constant, a zero, the length in bits, a counter of one byte, the
  /// context.
  static func derive(
    _ constant: UInt8, _ context: [UInt8], key: Secret, length: Int
  ) throws(KeyError) -> [UInt8] {
    let head = [UInt8](repeating: 0, count: 11) + [constant, 0x00] + UInt16(length * 8).bigEndianBytes
    var output: [UInt8] = []
    var counter: UInt8 = 0
    while output.count < length {
      counter += 1
      output += try AES.cmac(head + [counter] + context, key: key)
    }
    return Array(output.prefix(length))
  }

  static let zeros = [UInt8](repeating: 0, count: AES.blockSize)
}
