import CryptoExtras
import Foundation

/// Hybrid public key encryption (RFC 9180) in base mode, one message to a one-time key: DHKEM(P-256, HKDF-SHA256),
/// HKDF-SHA256, AES-256-GCM.
///
/// The one-time key comes from the operating system's generator, as the random numbers of signatures do: the library
/// lets nobody choose it.
public enum HPKE {
  private static let suite = CryptoExtras.HPKE.Ciphersuite.P256_SHA256_AES_GCM_256

  /// A message to the holder of one private key.
  public struct Message: Hashable, Sendable {
    /// The one-time public key: 65 bytes, uncompressed.
    public let encapsulatedKey: [UInt8]
    /// The ciphertext and 16 bytes of tag.
    public let ciphertext: [UInt8]

    /// A message as it arrived.
    public init(encapsulatedKey: [UInt8], ciphertext: [UInt8]) {
      (self.encapsulatedKey, self.ciphertext) = (encapsulatedKey, ciphertext)
    }
  }

  /// RFC 9180 §6.1 SealBase: `plaintext` for the holder of `key`, who needs the same `info` and `data` to open it.
  public static func seal(
    _ plaintext: [UInt8], to key: PublicKey, info: [UInt8], authenticating data: [UInt8] = []
  ) throws(KeyError) -> Message {
    guard key.curve == .p256 else { throw .hpkeCurve }
    do {
      let recipient = try P256.KeyAgreement.PublicKey(x963Representation: key.point)
      var sender = try CryptoExtras.HPKE.Sender(recipientKey: recipient, ciphersuite: suite, info: Data(info))
      let ciphertext = try sender.seal(plaintext, authenticating: data)
      return Message(encapsulatedKey: Array(sender.encapsulatedKey), ciphertext: Array(ciphertext))
    } catch { throw KeyError("swift-crypto could not seal") }
  }

  /// RFC 9180 §6.1 OpenBase; refused if a bit was changed, or `info`, `data` or the key are not the sender's.
  public static func open(
    _ message: Message, with key: PrivateKey, info: [UInt8], authenticating data: [UInt8] = []
  ) throws(KeyError) -> [UInt8] {
    guard let pair = key.p256 else { throw .hpkeCurve }
    do {
      var recipient = try CryptoExtras.HPKE.Recipient(
        privateKey: pair.agreement, ciphersuite: suite, info: Data(info),
        encapsulatedKey: Data(message.encapsulatedKey))
      return Array(try recipient.open(message.ciphertext, authenticating: data))
    } catch { throw KeyError("the sealed message was changed, or is meant for another key or purpose") }
  }
}

extension KeyError {
  static let hpkeCurve = KeyError("messages are sealed to P-256 keys only")
}
