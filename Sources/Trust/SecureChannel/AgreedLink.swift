import Bytes
import Keys

/// A link between two parties that have agreed on a secret: AES-128-GCM, a key for each direction, both of this session
/// alone, and messages that count themselves. What is lost, doubled, reordered, turned back to its sender or taken from
/// another session does not open, and after the first that does not, nothing does.
///
/// The link says nothing of who the parties are: they sign the transcript that the keys are derived from.
public struct AgreedLink: Sendable {
  /// Which end of the line a party is.
  public enum End: UInt8, Sendable {
    /// Sent the last word of the agreement.
    case opener = 1
    /// Received it.
    case answerer = 2
  }

  /// How much longer a sealed message is than what is in it, in bytes.
  public static let overhead = 16

  /// One direction: its key and how many messages it has carried.
  private struct Direction: Sendable {
    let key: Secret
    var count: UInt64 = 0

    /// NIST SP 800-38D §8.2.1: a nonce that is counted is never met twice under a key.
    mutating func nextNonce() -> [UInt8] {
      count += 1
      return [0, 0, 0, 0] + count.bigEndianBytes
    }
  }

  private var outgoing: Direction
  private var incoming: Direction
  private var isUsable = true

  /// The link of the agreement that gave `sharedSecret` and in which `transcript` was said, seen from `end`. The keys
  /// are X9.63 with SHA-256 over the secret; SharedInfo is a label and SHA-256 of the transcript.
  public init(sharedSecret: Secret, transcript: [UInt8], end: End) {
    let keys = x963KDF(
      secret: sharedSecret, sharedInfo: Array("Simurgh agreed link".utf8) + sha256(transcript), length: 32
    ).bytes
    let (opener, answerer) = (Direction(key: Secret(Array(keys[..<16]))), Direction(key: Secret(Array(keys[16...]))))
    (outgoing, incoming) = end == .opener ? (opener, answerer) : (answerer, opener)
  }

  /// `plaintext` sealed for the other end, bound to `header`, which travels beside it.
  public mutating func seal(_ plaintext: [UInt8], header: [UInt8] = []) throws(KeyError) -> [UInt8] {
    guard isUsable else { throw .linkIsOver }
    return try AES.gcmSeal(plaintext, key: outgoing.key, nonce: outgoing.nextNonce(), authenticating: header)
  }

  /// What the other end sealed as its next message, with this very `header`.
  public mutating func open(_ sealed: [UInt8], header: [UInt8] = []) throws(KeyError) -> [UInt8] {
    guard isUsable else { throw .linkIsOver }
    isUsable = false
    let plaintext = try AES.gcmOpen(
      sealed, key: incoming.key, nonce: incoming.nextNonce(), authenticating: header)
    isUsable = true
    return plaintext
  }
}

extension KeyError {
  static let linkIsOver = KeyError("a message of the link did not open, so the link is over")
}
