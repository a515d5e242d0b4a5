import TLV

/// What the eUICC signs to end a session (SGP.22 §5.7.14).
///
/// ```
/// EuiccCancelSessionSigned ::= SEQUENCE {
///   transactionId TransactionId, smdpOid OBJECT IDENTIFIER, reason CancelSessionReason, ... }
/// ```
public struct EuiccCancelSessionSigned: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// The SM-DP+'s identifier from CERT.DPauth.
  public let smdpOid: OID
  /// Why.
  public let reason: CancelSessionReason

  /// All fields.
  public init(transactionId: TransactionId, smdpOid: OID, reason: CancelSessionReason) {
    (self.transactionId, self.smdpOid, self.reason) = (transactionId, smdpOid, reason)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    smdpOid = try reader.read(0x81)
    reason = try reader.read(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(0x81, smdpOid)
    writer.write(0x82, reason)
  }
}

/// Why a session is cancelled; 4 and 5 came with v2.4, those from 16 on with v3.
public enum CancelSessionReason: Int, LenientEnumeration {
  case endUserRejection, postponed, timeout, pprNotAllowed, metadataMismatch, loadBppExecutionError
  case sessionAborted = 16
  case undefinedReason = 127
  public static let unknown = CancelSessionReason.undefinedReason
}

extension CancelSessionReason {
  /// SGP.22 §5.6.5: whether the SM-DP+ ends the order because of it; after another one it offers the profile again.
  public var endsOrder: Bool {
    switch self {
    case .endUserRejection, .pprNotAllowed, .metadataMismatch, .loadBppExecutionError, .undefinedReason: true
    case .postponed, .timeout, .sessionAborted: false
    }
  }
}
