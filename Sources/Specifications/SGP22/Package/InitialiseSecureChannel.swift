import TLV

/// The SM-DP+'s half of the key agreement (SGP.22 §5.5.1).
///
/// ```
/// InitialiseSecureChannelRequest ::= [35] SEQUENCE {         -- BF23
///   remoteOpId RemoteOpId,                                   -- [2] INTEGER { installBoundProfilePackage(1) }
///   transactionId [0] TransactionId, controlRefTemplate [6] ControlRefTemplate,
///   smdpOtpk [APPLICATION 73] OCTET STRING, smdpSign [APPLICATION 55] OCTET STRING, ... }
/// ```
public struct InitialiseSecureChannelRequest: TLVMessage, TLVSequence, Hashable {
  /// remoteOpId's one value.
  public static let installBoundProfilePackage = 1

  /// What is to be done: ``installBoundProfilePackage``.
  public let remoteOpId: Int
  /// The session.
  public let transactionId: TransactionId
  /// Which keys are derived.
  public let controlRefTemplate: ControlRefTemplate
  /// The SM-DP+'s one-time public key.
  public let smdpOtpk: [UInt8]
  /// The signature by CERT.DPpb's key.
  public let smdpSign: [UInt8]

  /// All fields.
  public init(
    remoteOpId: Int = installBoundProfilePackage, transactionId: TransactionId,
    controlRefTemplate: ControlRefTemplate, smdpOtpk: [UInt8], smdpSign: [UInt8]
  ) {
    (self.remoteOpId, self.transactionId, self.controlRefTemplate) = (remoteOpId, transactionId, controlRefTemplate)
    (self.smdpOtpk, self.smdpSign) = (smdpOtpk, smdpSign)
  }

  public static let tag: TLVTag = 0xBF23
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    remoteOpId = try reader.read(0x82)
    transactionId = try reader.read(0x80)
    controlRefTemplate = try reader.read(0xA6)
    smdpOtpk = try reader.otpk()
    smdpSign = try reader.signature()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x82, remoteOpId)
    writer.write(0x80, transactionId)
    writer.write(0xA6, controlRefTemplate)
    writer.write(.otpk, smdpOtpk)
    writer.write(.signature, smdpSign)
  }
}

extension Verbatim where Value == InitialiseSecureChannelRequest {
  /// SGP.22 §5.5.1: smdpSign is computed over remoteOpId, transactionId, controlRefTemplate, smdpOtpk and euiccOtpk,
  /// the objects as they arrived.
  public func toBeSigned(with euiccOtpk: [UInt8]) -> [UInt8] {
    var writer = TLVWriter(capacity: 256)
    for element in (try? TLVElement(encoded).children()) ?? [] {
      if element.tag == .signature { break }
      writer.append(encoded: element.encoded)
    }
    writer.write(.otpk, euiccOtpk)
    return writer.bytes
  }
}

/// Which keys are derived.
///
/// ```
/// ControlRefTemplate ::= SEQUENCE { keyType [0] Octet1, keyLen [1] Octet1, hostId [4] OctetTo16, ... }
/// ```
public struct ControlRefTemplate: TLVSequence, Hashable {
  /// SGP.22 §5.5.1: keyType SHALL be AES, '88'.
  public static let aes: UInt8 = 0x88
  /// SGP.22 §5.5.1: keyLen SHALL be 16 bytes, '10'.
  public static let sixteenBytes: UInt8 = 0x10

  /// Kind of the keys.
  public let keyType: UInt8
  /// Their length in bytes.
  public let keyLen: UInt8
  /// Who derives: 1 to 16 bytes.
  public let hostId: [UInt8]

  /// All fields.
  public init(keyType: UInt8 = aes, keyLen: UInt8 = sixteenBytes, hostId: [UInt8]) {
    (self.keyType, self.keyLen, self.hostId) = (keyType, keyLen, hostId)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    keyType = try reader.octets(0x80, 1...1)[0]
    keyLen = try reader.octets(0x81, 1...1)[0]
    hostId = try reader.octets(0x84, 1...16)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, bytes: [keyType])
    writer.write(0x81, bytes: [keyLen])
    writer.write(0x84, hostId)
  }
}
