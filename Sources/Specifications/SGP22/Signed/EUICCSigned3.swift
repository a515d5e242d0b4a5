import TLV

/// What the eUICC signs when its person wants the profile handed on (SGP.22 v3.1 §5.7.27).
///
/// ```
/// EUICCSigned3 ::= SEQUENCE {
///   transactionId [0] TransactionId, euiccOtpk [APPLICATION 73] OCTET STRING OPTIONAL,   -- 5F49
///   hashCc Octet32 OPTIONAL, ... }
/// ```
public struct EUICCSigned3: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// The one-time key for an answer that is encrypted; this eUICC asks for none.
  public let euiccOtpk: [UInt8]?
  /// The hashed confirmation code: 32 bytes.
  public let hashCc: [UInt8]?

  /// All fields.
  public init(transactionId: TransactionId, euiccOtpk: [UInt8]? = nil, hashCc: [UInt8]? = nil) {
    (self.transactionId, self.euiccOtpk, self.hashCc) = (transactionId, euiccOtpk, hashCc)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    euiccOtpk = reader.nextTag == .otpk ? try reader.otpk() : nil
    hashCc = try reader.octetsIfPresent(.octetString, 32...32)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(.otpk, euiccOtpk)
    writer.write(.octetString, hashCc)
  }
}

extension Verbatim where Value == EUICCSigned3 {
  /// euiccSignature3 is computed over the concatenated data objects euiccSigned3 and smdpSignature4.
  public func toBeSigned(with smdpSignature4: [UInt8]) -> [UInt8] { encoded + signatureObject(smdpSignature4) }
}
