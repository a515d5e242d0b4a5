import Bytes
import Keys

/// Secure Channel Protocol '80': packets that are secured over the air (ETSI TS 102 225; 3GPP TS 31.115 over short
/// messages), with AES alone: CMACs of 8 bytes and CBC. DES and triple DES are refused.
public enum SCP80 {
  /// Bytes of the cryptographic checksum.
  static let checksumLength = 8

  /// Whom a packet is for on the card: the toolkit application reference, 3 bytes (ETSI TS 101 220 §6).
  public struct TAR: Hashable, Sendable, CustomStringConvertible {
    /// The three bytes.
    public let bytes: [UInt8]

    /// nil where there are not three bytes.
    public init?(_ bytes: some Collection<UInt8>) {
      guard bytes.count == 3 else { return nil }
      self.bytes = Array(bytes)
    }

    public var description: String { bytes.hex }
  }

  /// How a command packet is secured, and how its answer shall be: the SPI (TS 102 225 §5.1.1).
  public struct SecurityParameters: Hashable, Sendable {
    /// The two bytes.
    public let bytes: [UInt8]

    package init(_ first: UInt8, _ second: UInt8) { bytes = [first, second] }

    /// A CMAC, ciphering and a counter that rises: 16 for the command; a proof of receipt with CMAC and ciphering, back
    /// in the answer to the message (19), as SGP.02 §2.4.3 wants it.
    public static let full = SecurityParameters(0x16, 0x19)
    /// The same, with the proof of receipt in a message of its own (SMS-SUBMIT): 39.
    public static let fullBySubmit = SecurityParameters(0x16, 0x39)

    /// Bits 5 and 4 of the first byte: 10, the counter must be higher than the last one.
    public var counterMustRise: Bool { bytes[0] & 0x18 == 0x10 }
    /// Bit 3 of the first byte.
    public var isCiphered: Bool { bytes[0] & 0x04 != 0 }
    /// Bits 2 and 1 of the first byte: 10, a cryptographic checksum.
    public var hasChecksum: Bool { bytes[0] & 0x03 == 0x02 }
    /// Bits 2 and 1 of the second byte: when an answer is wanted.
    public var proofOfReceipt: ProofOfReceipt { ProofOfReceipt(rawValue: bytes[1] & 0x03) ?? .never }
    /// Bits 4 and 3 of the second byte: 10, the answer has a cryptographic checksum.
    public var proofHasChecksum: Bool { bytes[1] & 0x0C == 0x08 }
    /// Bit 5 of the second byte.
    public var proofIsCiphered: Bool { bytes[1] & 0x10 != 0 }
    /// Bit 6 of the second byte: the answer comes in a message of its own, not in the report of delivery.
    public var proofIsSubmitted: Bool { bytes[1] & 0x20 != 0 }

    /// The eUICC's own notifications: as well secured, and no proof of receipt (their confirmation is a command).
    public static let notification = SecurityParameters(0x16, 0x00)

    /// When a proof of receipt is sent.
    public enum ProofOfReceipt: UInt8, Sendable {
      case never = 0
      case always = 1
      case onError = 2
    }
  }

  /// A key set: the two keys of a version (SGP.02 §2.2.5.1: key identifiers 01 and 02).
  public struct Keys: Hashable, Sendable {
    /// The version number, 1 to 15.
    public let version: UInt8
    /// KIc: AES-CBC.
    public let cipher: Secret
    /// KID: AES-CMAC.
    public let checksum: Secret

    /// Refuses a version beyond 15, and what are no AES keys.
    public init(version: UInt8, cipher: Secret, checksum: Secret) throws(KeyError) {
      guard (1...15).contains(version) else { throw KeyError("SCP80 has key versions 1 to 15") }
      guard [cipher, checksum].allSatisfy({ [16, 24, 32].contains($0.bytes.count) }) else {
        throw KeyError("an AES key has 16, 24 or 32 bytes")
      }
      (self.version, self.cipher, self.checksum) = (version, cipher, checksum)
    }

    /// The byte KIc or KID: the version, and algorithm 2, AES (TS 102 225 §5.1.2, §5.1.3).
    var indicator: UInt8 { version << 4 | 0x02 }
  }

  /// Counts a key set's packets: 5 bytes (TS 102 225 §5.1.4).
  public struct Counter: Hashable, Comparable, Sendable {
    /// Below 2⁴⁰.
    public let value: UInt64

    /// nil from 2⁴⁰ on.
    public init?(_ value: UInt64) {
      guard value < 1 << 40 else { return nil }
      self.value = value
    }

    /// The counter before the first packet.
    public static let zero = Counter(lastBytes: [])

    /// nil where there are not 5 bytes.
    public init?(bytes: [UInt8]) {
      guard bytes.count == 5 else { return nil }
      self.init(lastBytes: bytes)
    }

    init(lastBytes bytes: some Collection<UInt8>) { value = bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// The next one; nil at the end, where the key set must be replaced (§5.1.4: the counter is blocked).
    public var next: Counter? { Counter(value + 1) }

    /// Five bytes.
    public var bytes: [UInt8] { Array(value.bigEndianBytes.suffix(5)) }

    public static func < (a: Counter, b: Counter) -> Bool { a.value < b.value }
  }

  /// What the receiver says of a packet (TS 102 225 §5.2, table 5).
  public enum Status: UInt8, Sendable {
    case ok = 0x00
    case checksumFailed = 0x01
    case counterLow = 0x02
    case counterHigh = 0x03
    case counterBlocked = 0x04
    case cipheringError = 0x05
    case securityError = 0x06
    case insufficientMemory = 0x07
    case moreTimeNeeded = 0x08
    case unknownTAR = 0x09
    case insufficientSecurity = 0x0A
  }

  /// Encrypts whole blocks with an initial vector of zeros (TS 102 225 §5.1.2).
  static func encrypt(_ blocks: [UInt8], _ keys: Keys) throws(SCP80Error) -> [UInt8] {
    do { return try AES.cbcEncrypt(blocks, key: keys.cipher, iv: SCP03.zeros) } catch { throw .cipher(error) }
  }

  static func decrypt(_ blocks: [UInt8], _ keys: Keys) throws(SCP80Error) -> [UInt8] {
    guard !blocks.isEmpty, blocks.count % AES.blockSize == 0 else { throw .malformed }
    do { return try AES.cbcDecrypt(blocks, key: keys.cipher, iv: SCP03.zeros) } catch { throw .cipher(error) }
  }

  /// The checksum: the CMAC's 8 most significant bytes (TS 102 225 §5.1.3.2).
  static func checksum(_ bytes: [UInt8], _ keys: Keys) throws(SCP80Error) -> [UInt8] {
    do { return Array(try AES.cmac(bytes, key: keys.checksum).prefix(checksumLength)) } catch { throw .cipher(error) }
  }

  /// How many bytes fill `length` up to whole blocks.
  static func fill(_ length: Int) -> Int { (AES.blockSize - length % AES.blockSize) % AES.blockSize }
}

/// Why a packet is refused.
public enum SCP80Error: Error, Hashable, Sendable, CustomStringConvertible {
  /// Bytes are missing, too many, or in no whole blocks.
  case malformed
  /// The checksum is not that of the packet and the keys.
  case wrongChecksum
  /// The packet names another algorithm than AES, another key version, or less security than is wanted.
  case insufficientSecurity
  /// The packet answers another one.
  case otherPacket
  /// The data are longer than a packet carries.
  case tooLong
  /// AES refused to work; the text is its reason.
  case cipher(KeyError)

  public var description: String {
    switch self {
    case .malformed: "the packet is malformed"
    case .wrongChecksum: "the packet's checksum is wrong"
    case .insufficientSecurity: "the packet is not secured as it must be"
    case .otherPacket: "the packet answers another one"
    case .tooLong: "the data do not fit into a packet"
    case .cipher(let error): "the packet could not be ciphered: \(error)"
    }
  }
}
