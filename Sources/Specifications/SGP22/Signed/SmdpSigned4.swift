import TLV

/// What the SM-DP+ signs to begin a device change, or to offer a lost profile again (SGP.22 v3.1 §5.7.27).
///
/// ```
/// SmdpSigned4 ::= SEQUENCE {
///   transactionId [0] TransactionId, ccRequiredFlag BOOLEAN,
///   activationCodeForProfileRecovery [1] UTF8String (SIZE(0..255)) OPTIONAL, ... }
/// ```
public struct SmdpSigned4: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// Whether the person must give a confirmation code.
  public let ccRequiredFlag: Bool
  /// Where the profile is had again; only in the answer to a wish for recovery.
  public let activationCodeForProfileRecovery: String?

  /// All fields.
  public init(
    transactionId: TransactionId, ccRequiredFlag: Bool, activationCodeForProfileRecovery: String? = nil
  ) {
    (self.transactionId, self.ccRequiredFlag) = (transactionId, ccRequiredFlag)
    self.activationCodeForProfileRecovery = activationCodeForProfileRecovery
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    ccRequiredFlag = try reader.read(.boolean)
    activationCodeForProfileRecovery = try reader.textIfPresent(0x81, atMost: 255)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(.boolean, ccRequiredFlag)
    writer.write(0x81, activationCodeForProfileRecovery)
  }
}

extension Verbatim where Value == SmdpSigned4 {
  /// smdpSignature4 is computed over the concatenated data objects smdpSigned4 and euiccSignature1.
  public func toBeSigned(with euiccSignature1: [UInt8]) -> [UInt8] { encoded + signatureObject(euiccSignature1) }
}
