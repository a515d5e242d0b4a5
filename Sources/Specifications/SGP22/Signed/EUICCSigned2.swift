import TLV

/// What the eUICC signs to prepare a download (SGP.22 §5.7.5).
///
/// ```
/// EUICCSigned2 ::= SEQUENCE {
///   transactionId [0] TransactionId, euiccOtpk [APPLICATION 73] OCTET STRING,   -- 5F49
///   hashCc Octet32 OPTIONAL, ... }
/// ```
public struct EUICCSigned2: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// The eUICC's one-time public key.
  public let euiccOtpk: [UInt8]
  /// The hashed confirmation code: 32 bytes.
  public let hashCc: [UInt8]?

  /// All fields.
  public init(transactionId: TransactionId, euiccOtpk: [UInt8], hashCc: [UInt8]? = nil) {
    (self.transactionId, self.euiccOtpk, self.hashCc) = (transactionId, euiccOtpk, hashCc)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    euiccOtpk = try reader.otpk()
    hashCc = try reader.octetsIfPresent(.octetString, 32...32)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(.otpk, euiccOtpk)
    writer.write(.octetString, hashCc)
  }
}

extension Verbatim where Value == EUICCSigned2 {
  /// SGP.22 §5.7.5: euiccSignature2 is computed over the concatenated data objects euiccSigned2 and smdpSignature2.
  public func toBeSigned(with smdpSignature2: [UInt8]) -> [UInt8] { encoded + signatureObject(smdpSignature2) }
}
