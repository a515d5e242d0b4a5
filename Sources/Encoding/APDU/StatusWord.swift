import Bytes

/// The two bytes at the end of every answer (ISO/IEC 7816-4 §5.6, ETSI TS 102 221 §10.2.1).
public struct StatusWord: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// SW1 and SW2.
  public let rawValue: UInt16

  /// SW1 in the upper byte, SW2 in the lower.
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public init(integerLiteral value: UInt16) { self.init(rawValue: value) }

  /// The two bytes as they go over the line.
  public var bytes: [UInt8] { [UInt8(rawValue >> 8), UInt8(truncatingIfNeeded: rawValue)] }

  /// Whether the command did its work: 9000, 91xx (a proactive command waits) or 61xx (data wait).
  public var isSuccess: Bool { rawValue == 0x9000 || rawValue >> 8 == 0x91 || rawValue >> 8 == 0x61 }

  public var description: String { bytes.hex }
}

extension StatusWord {
  /// Normal ending of the command.
  public static let ok: StatusWord = 0x9000
  /// Normal ending; a proactive command of `length` bytes waits (0 stands for 256).
  public static func proactive(_ length: Int) -> StatusWord {
    StatusWord(rawValue: 0x9100 | UInt16(length > 255 ? 0 : length))
  }
  /// `available` bytes wait for GET RESPONSE (256 and more are written as 0).
  public static func more(_ available: Int) -> StatusWord {
    StatusWord(rawValue: 0x6100 | UInt16(available > 255 ? 0 : available))
  }
  /// Wrong Le; `exact` bytes are there.
  public static func wrongLe(_ exact: Int) -> StatusWord {
    StatusWord(rawValue: 0x6C00 | UInt16(exact > 255 ? 0 : exact))
  }
  /// Verification failed; `tries` are left.
  public static func verificationFailed(tries: Int) -> StatusWord {
    StatusWord(rawValue: 0x63C0 | UInt16(min(max(tries, 0), 15)))
  }

  /// End of file reached before Le bytes were read.
  public static let endOfFile: StatusWord = 0x6282
  /// Selected file invalidated.
  public static let deactivatedFile: StatusWord = 0x6283
  /// Memory problem: nothing was changed.
  public static let memoryProblem: StatusWord = 0x6581
  /// Wrong length.
  public static let wrongLength: StatusWord = 0x6700
  /// Logical channel not supported.
  public static let channelNotSupported: StatusWord = 0x6881
  /// Secure messaging not supported.
  public static let secureMessagingNotSupported: StatusWord = 0x6882
  /// Last command of the chain expected.
  public static let lastOfChainExpected: StatusWord = 0x6883
  /// Command chaining not supported.
  public static let chainingNotSupported: StatusWord = 0x6884
  /// Command incompatible with file structure.
  public static let incompatibleFile: StatusWord = 0x6981
  /// Security status not satisfied.
  public static let securityStatus: StatusWord = 0x6982
  /// Authentication or PIN method blocked.
  public static let blocked: StatusWord = 0x6983
  /// Referenced data invalidated: the file or PIN is deactivated.
  public static let referencedDataInvalidated: StatusWord = 0x6984
  /// Conditions of use not satisfied.
  public static let conditionsOfUse: StatusWord = 0x6985
  /// Command not allowed: no EF selected.
  public static let noCurrentEF: StatusWord = 0x6986
  /// Incorrect parameters in the command's data field.
  public static let wrongData: StatusWord = 0x6A80
  /// Function not supported.
  public static let functionNotSupported: StatusWord = 0x6A81
  /// File or application not found.
  public static let fileNotFound: StatusWord = 0x6A82
  /// Record not found.
  public static let recordNotFound: StatusWord = 0x6A83
  /// Not enough memory.
  public static let notEnoughMemory: StatusWord = 0x6A84
  /// Incorrect P1 or P2.
  public static let wrongP1P2: StatusWord = 0x6A86
  /// Lc inconsistent with P1 and P2.
  public static let lcInconsistent: StatusWord = 0x6A87
  /// Referenced data or PIN not found.
  public static let referencedDataNotFound: StatusWord = 0x6A88
  /// Offset outside the file, or wrong P1 or P2.
  public static let wrongOffset: StatusWord = 0x6B00
  /// Instruction not supported or invalid.
  public static let instructionNotSupported: StatusWord = 0x6D00
  /// Class not supported.
  public static let classNotSupported: StatusWord = 0x6E00
  /// Technical problem, no precise diagnosis.
  public static let technicalProblem: StatusWord = 0x6F00
  /// Authentication error, incorrect MAC (TS 31.102 §7.3).
  public static let wrongMAC: StatusWord = 0x9862
  /// INCREASE cannot be performed: the maximum value is reached (ETSI TS 102 221 §10.2.1.6).
  public static let maximumReached: StatusWord = 0x9850
}
