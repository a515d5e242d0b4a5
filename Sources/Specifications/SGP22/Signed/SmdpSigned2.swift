import TLV

/// What the SM-DP+ signs to start a download (SGP.22 §5.7.5).
///
/// ```
/// SmdpSigned2 ::= SEQUENCE {
///   transactionId [0] TransactionId, ccRequiredFlag BOOLEAN,
///   bppEuiccOtpk [APPLICATION 73] OCTET STRING OPTIONAL, ... }   -- 5F49
/// ```
public struct SmdpSigned2: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// Whether the user must give a confirmation code.
  public let ccRequiredFlag: Bool
  /// The eUICC's one-time key that a package already made is bound to.
  public let bppEuiccOtpk: [UInt8]?

  /// All fields.
  public init(transactionId: TransactionId, ccRequiredFlag: Bool, bppEuiccOtpk: [UInt8]? = nil) {
    (self.transactionId, self.ccRequiredFlag, self.bppEuiccOtpk) = (transactionId, ccRequiredFlag, bppEuiccOtpk)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    ccRequiredFlag = try reader.read(.boolean)
    bppEuiccOtpk = reader.nextTag == .otpk ? try reader.otpk() : nil
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(.boolean, ccRequiredFlag)
    writer.write(.otpk, bppEuiccOtpk)
  }
}

extension Verbatim where Value == SmdpSigned2 {
  /// SGP.22 §5.7.5: smdpSignature2 is computed over the concatenated data objects smdpSigned2 and euiccSignature1.
  public func toBeSigned(with euiccSignature1: [UInt8]) -> [UInt8] { encoded + signatureObject(euiccSignature1) }
}

/// A signature as a data object, with tag and length.
public func signatureObject(_ signature: [UInt8]) -> [UInt8] {
  var writer = TLVWriter(capacity: 67)
  writer.write(.signature, signature)
  return writer.bytes
}
