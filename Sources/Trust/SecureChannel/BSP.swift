import Bytes
import Keys

/// The BPP Security Protocol (SGP.22 §2.6.4; SCP03t before version 2.2): the bound profile package is cut into
/// segments, each encrypted and authenticated, or authenticated only.
public enum BSP {
  /// SGP.22 §2.5.3: segments of a maximum size of 1020 bytes (including the tag, length field and MAC).
  public static let segmentLimit = 1020

  /// What a receiver takes: peers are about that cut the data before padding it, and so overrun by one block.
  public static let toleratedSegmentLimit = segmentLimit + AES.blockSize

  /// Bytes of the C-MAC that are sent: the 8 most significant ones (§2.6.4.4).
  static let macLength = 8

  /// The kinds of segments, by tag.
  public enum Tag: UInt8, Sendable, CaseIterable {
    /// C-MAC and C-ENC: a piece of the profile (`sequenceOf86`).
    case profile = 0x86
    /// C-MAC and C-ENC: a command, ConfigureISDP or ReplaceSessionKeys (`sequenceOf87`).
    case command = 0x87
    /// C-MAC only: StoreMetadata (`sequenceOf88`).
    case metadata = 0x88

    /// Whether the data are encrypted.
    var isEncrypted: Bool { self != .metadata }

    /// The most bytes of data that fit in a segment: 1007 where a byte of padding is needed, else 1008.
    public var payloadLimit: Int {
      let room = segmentLimit - 4 - macLength
      return isEncrypted ? room / AES.blockSize * AES.blockSize - 1 : room
    }
  }
}

/// Why a segment is refused. The receiver that says so is of no further use: the session is over.
public enum BSPError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The segment has another tag than the one whose turn it is.
  case wrongTag
  /// The segment is not one TLV with a length in its shortest form, is too short for a C-MAC, or is not whole blocks.
  case malformed
  /// The segment is longer than the limit, or the data are longer than a segment holds.
  case tooLong
  /// The C-MAC is not that of the data, the keys and everything before.
  case wrongMAC
  /// The decrypted data do not end with 80 and zeros.
  case wrongPadding
  /// A segment was refused before.
  case unusable
  /// AES refused to work; the text is its reason.
  case cipher(KeyError)

  /// Whether SGP.22 §5.7.6 counts it as a security error (bspSecurityError), and not as one of structure.
  public var isSecurityError: Bool { self == .wrongMAC || self == .wrongPadding }

  public var description: String {
    switch self {
    case .wrongTag: "the segment has the wrong tag"
    case .malformed: "the segment is malformed"
    case .tooLong: "the segment is too long"
    case .wrongMAC: "the segment's C-MAC is wrong"
    case .wrongPadding: "the segment's padding is wrong"
    case .unusable: "a segment was refused before"
    case .cipher(let error): "the segment could not be ciphered: \(error)"
    }
  }
}
