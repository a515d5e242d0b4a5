import Bytes
import Keys

/// Secure Channel Protocol '03' (GlobalPlatform Card Specification 2.3, Amendment D): commands, and answers where both
/// sides want it, are chained by CMACs and encrypted under AES keys that live for one session.
public enum SCP03 {
  /// What INITIALIZE UPDATE and EXTERNAL AUTHENTICATE are called on the line.
  enum Instruction {
    static let initializeUpdate: UInt8 = 0x50
    static let externalAuthenticate: UInt8 = 0x82
  }

  /// The parameter "i" of the protocol (Amendment D §5.1, table 5-1).
  public struct Options: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Challenges, cryptograms and MACs of 16 bytes on the line (S16), not of 8 (S8).
    public static let s16 = Options(rawValue: 0x01)
    /// The card's challenge follows from its sequence counter.
    public static let pseudoRandomChallenge = Options(rawValue: 0x10)
    /// Answers may bear a MAC.
    public static let responseMAC = Options(rawValue: 0x20)
    /// Answers may be encrypted.
    public static let responseEncryption = Options(rawValue: 0x40)

    /// Everything, with MACs of 8 bytes: i = 70.
    public static let usual: Options = [.pseudoRandomChallenge, .responseMAC, .responseEncryption]

    /// Bytes of a challenge, cryptogram or MAC on the line.
    public var macLength: Int { contains(.s16) ? 16 : 8 }
  }

  /// What a session protects: P1 of EXTERNAL AUTHENTICATE (Amendment D §7.1.2.1, table 7-5).
  public struct SecurityLevel: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// C-MAC: commands are authentic and in order.
    public static let commandMAC = SecurityLevel(rawValue: 0x01)
    /// C-ENC: the commands' data are secret.
    public static let commandEncryption = SecurityLevel(rawValue: 0x02)
    /// R-MAC: answers are authentic.
    public static let responseMAC = SecurityLevel(rawValue: 0x10)
    /// R-ENC: the answers' data are secret.
    public static let responseEncryption = SecurityLevel(rawValue: 0x20)

    /// Everything the protocol can do: 33.
    public static let full: SecurityLevel = [.commandMAC, .commandEncryption, .responseMAC, .responseEncryption]

    /// Table 7-5: 00, 01, 03, 11, 13 and 33; what the card's options do not offer is refused.
    func isAllowed(with options: Options) -> Bool {
      guard [0x00, 0x01, 0x03, 0x11, 0x13, 0x33].contains(rawValue) else { return false }
      return (!contains(.responseMAC) || options.contains(.responseMAC))
        && (!contains(.responseEncryption) || options.contains(.responseEncryption))
    }
  }

  /// What a card answers to INITIALIZE UPDATE (Amendment D §7.1.1.6, table 7-3).
  public struct InitializeUpdateResponse: Hashable, Sendable {
    /// Key diversification data, 10 bytes: from what the card's keys were derived.
    public var diversificationData: [UInt8]
    /// The version number of the keys.
    public var keyVersion: UInt8
    /// The parameter "i".
    public var options: Options
    /// The card's challenge, 8 or 16 bytes.
    public var challenge: [UInt8]
    /// The card's proof of its keys, 8 or 16 bytes.
    public var cryptogram: [UInt8]
    /// The sequence counter, 3 bytes; none where the challenge is random.
    public var sequenceCounter: [UInt8]

    /// The data field of the answer.
    public var bytes: [UInt8] {
      diversificationData + [keyVersion, 0x03, options.rawValue] + challenge + cryptogram + sequenceCounter
    }

    init(
      diversificationData: [UInt8], keyVersion: UInt8, options: Options, challenge: [UInt8], cryptogram: [UInt8],
      sequenceCounter: [UInt8]
    ) {
      (self.diversificationData, self.keyVersion, self.options) = (diversificationData, keyVersion, options)
      (self.challenge, self.cryptogram, self.sequenceCounter) = (challenge, cryptogram, sequenceCounter)
    }

    /// The answer in the data field `bytes`.
    public init(bytes: [UInt8]) throws(SCP03Error) {
      guard bytes.count >= 13 else { throw .malformed }
      let (options, body) = (Options(rawValue: bytes[12]), bytes[13...])
      let (size, counterSize) = (options.macLength, options.contains(.pseudoRandomChallenge) ? 3 : 0)
      guard bytes[11] == 0x03 else { throw .otherProtocol(bytes[11]) }
      guard body.count == 2 * size + counterSize else { throw .malformed }
      self.init(
        diversificationData: Array(bytes[..<10]), keyVersion: bytes[10], options: options,
        challenge: Array(body.prefix(size)), cryptogram: Array(body.dropFirst(size).prefix(size)),
        sequenceCounter: Array(body.dropFirst(2 * size)))
    }
  }
}

/// Why a session does not come about, or ends.
public enum SCP03Error: Error, Hashable, Sendable, CustomStringConvertible {
  /// The other side's proof of its keys is wrong.
  case wrongCryptogram
  /// A MAC is not that of the bytes, the keys and everything before; or a command comes without one.
  case wrongMAC
  /// Decrypted data do not end with 80 and zeros.
  case wrongPadding
  /// Bytes are missing, too many or in no whole blocks.
  case malformed
  /// The data are longer than a command can carry.
  case tooLong
  /// The security level does not exist, or the card does not offer it.
  case levelRefused
  /// The card speaks another protocol than '03'.
  case otherProtocol(UInt8)
  /// The session ended with an earlier refusal, or has not begun.
  case unusable
  /// AES refused to work; the text is its reason.
  case cipher(KeyError)

  public var description: String {
    switch self {
    case .wrongCryptogram: "the other side does not have the keys: its cryptogram is wrong"
    case .wrongMAC: "the MAC is wrong or missing"
    case .wrongPadding: "the padding is wrong"
    case .malformed: "the message is malformed"
    case .tooLong: "the data do not fit into a command"
    case .levelRefused: "the security level is not offered"
    case .otherProtocol(let number): "the card speaks SCP\([number].hex), not SCP03"
    case .unusable: "there is no secure channel"
    case .cipher(let error): "the message could not be ciphered: \(error)"
    }
  }
}
