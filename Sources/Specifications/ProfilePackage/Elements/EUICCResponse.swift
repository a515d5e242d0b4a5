import TLV

/// EUICCResponse ::= SEQUENCE { peStatus SEQUENCE OF PEStatus, profileInstallationAborted NULL OPTIONAL,
///   statusMessage UTF8String (SIZE (2..64)) OPTIONAL }: what came of a profile package (§8.11)
public struct EUICCResponse: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = .sequence

  /// What happened, element by element; after success the last one is `ok`.
  public var peStatus: [PEStatus]
  /// Whether the installation was given up.
  public var isAborted: Bool
  /// A remark: 2 to 64 bytes.
  public var statusMessage: String?
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// An answer; a longer message is cut to 64 bytes.
  public init(_ status: [PEStatus], isAborted: Bool, message: String? = nil) {
    (peStatus, self.isAborted) = (status, isAborted)
    statusMessage = message.map { text in
      var short = text.prefix(64)
      while short.utf8.count > 64 { short.removeLast() }
      return String(short)
    }
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    peStatus = try reader.read(0xA0)
    isAborted = try reader.readIfPresent(0x81, as: Null.self) != nil
    statusMessage = try reader.readIfPresent(0x82)
    laterFields = try reader.laterFields(from: 3)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, peStatus)
    if isAborted { writer.write(0x81, Null()) }
    writer.write(0x82, statusMessage)
    writer.write(laterFields)
  }
}

/// PEStatus ::= SEQUENCE { status INTEGER, identification UInt15 OPTIONAL, additional-information UInt8 OPTIONAL,
///   offset UInt31 OPTIONAL }
public struct PEStatus: TLVMessage, TLVSequence, Hashable, CustomStringConvertible {
  public static let tag: TLVTag = .sequence

  /// What happened.
  public struct Status: Hashable, Sendable, CustomStringConvertible {
    /// The number; status words of ISO/IEC 7816 and proprietary values count too.
    public let rawValue: Int

    /// The status whose number is `rawValue`.
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let ok = Status(rawValue: 0)
    public static let peNotSupported = Status(rawValue: 1)
    public static let memoryFailure = Status(rawValue: 2)
    public static let badValues = Status(rawValue: 3)
    public static let notEnoughMemory = Status(rawValue: 4)
    public static let invalidRequestFormat = Status(rawValue: 5)
    public static let invalidParameter = Status(rawValue: 6)
    public static let runtimeNotSupported = Status(rawValue: 7)
    public static let libNotSupported = Status(rawValue: 8)
    public static let templateNotSupported = Status(rawValue: 9)
    public static let featureNotSupported = Status(rawValue: 10)
    public static let pinCodeMissing = Status(rawValue: 11)
    public static let unsupportedProfileVersion = Status(rawValue: 31)

    private static let names: [Int: String] = [
      0: "ok", 1: "pe-not-supported", 2: "memory-failure", 3: "bad-values", 4: "not-enough-memory",
      5: "invalid-request-format", 6: "invalid-parameter", 7: "runtime-not-supported", 8: "lib-not-supported",
      9: "template-not-supported", 10: "feature-not-supported", 11: "pin-code-missing",
      31: "unsupported-profile-version",
    ]

    public var description: String { Self.names[rawValue] ?? String(rawValue, radix: 16, uppercase: true) }
  }

  /// What happened.
  public var status: Status
  /// The number of the element it happened in.
  public var identification: Int?
  /// More about the status.
  public var additionalInformation: Int?
  /// Where in the element it happened, in bytes.
  public var offset: Int?
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// A status.
  public init(_ status: Status, identification: Int? = nil, additionalInformation: Int? = nil, offset: Int? = nil) {
    (self.status, self.identification) = (status, identification)
    (self.additionalInformation, self.offset) = (additionalInformation, offset)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    status = Status(rawValue: try reader.read(0x80))
    identification = try reader.readIfPresent(0x81)
    additionalInformation = try reader.readIfPresent(0x82)
    offset = try reader.readIfPresent(0x83)
    laterFields = try reader.laterFields(from: 4)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, status.rawValue)
    writer.write(0x81, identification)
    writer.write(0x82, additionalInformation)
    writer.write(0x83, offset)
    writer.write(laterFields)
  }

  public var description: String {
    "\(status)\(identification.map { " in element \($0)" } ?? "")\(offset.map { " at byte \($0)" } ?? "")"
  }
}
