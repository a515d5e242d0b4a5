import TLV

extension ES10b {
  /// SGP.22 §5.7.14: the eUICC ends a session and signs why.
  public enum CancelSession: CardFunction, OutcomeFunction {
    public static let tag: TLVTag = 0xBF41
    public typealias Ok = CancelSessionResponseOk
    /// ```
    /// CancelSessionResponse ::= [65] CHOICE {                -- BF41
    ///   cancelSessionResponseOk CancelSessionResponseOk, cancelSessionResponseError INTEGER }
    /// ```
    public typealias Response = Outcome<CancelSession>

    /// ```
    /// CancelSessionRequest ::= [65] SEQUENCE { transactionId TransactionId, reason CancelSessionReason, ... }   -- BF41
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// The session.
      public let transactionId: TransactionId
      /// Why.
      public let reason: CancelSessionReason

      /// Both fields.
      public init(transactionId: TransactionId, reason: CancelSessionReason) {
        (self.transactionId, self.reason) = (transactionId, reason)
      }

      public static let tag: TLVTag = 0xBF41
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        transactionId = try reader.read(0x80)
        reason = try reader.read(0x81)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x80, transactionId)
        writer.write(0x81, reason)
      }
    }

    /// cancelSessionResponseError.
    public enum Failure: Int, LenientEnumeration {
      case invalidTransactionId = 5
      case undefinedError = 127
      public static let unknown = Failure.undefinedError
    }
  }
}

/// ```
/// CancelSessionResponseOk ::= SEQUENCE {
///   euiccCancelSessionSigned EuiccCancelSessionSigned, euiccCancelSessionSignature [APPLICATION 55] OCTET STRING, ... }
/// ```
public struct CancelSessionResponseOk: TLVSequence, Hashable {
  /// What the eUICC signed.
  public let euiccCancelSessionSigned: Verbatim<EuiccCancelSessionSigned>
  /// Its signature.
  public let euiccCancelSessionSignature: [UInt8]

  /// Both fields.
  public init(euiccCancelSessionSigned: Verbatim<EuiccCancelSessionSigned>, euiccCancelSessionSignature: [UInt8]) {
    self.euiccCancelSessionSigned = euiccCancelSessionSigned
    self.euiccCancelSessionSignature = euiccCancelSessionSignature
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    euiccCancelSessionSigned = try reader.read(.sequence)
    euiccCancelSessionSignature = try reader.signature()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.sequence, euiccCancelSessionSigned)
    writer.write(.signature, euiccCancelSessionSignature)
  }
}
