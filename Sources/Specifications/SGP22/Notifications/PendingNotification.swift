import CircleOfTrust
import TLV

/// A notification that waits for delivery, in the bytes that were signed (SGP.22 §5.7.10).
///
/// ```
/// PendingNotification ::= CHOICE {
///   profileInstallationResult [55] ProfileInstallationResult,   -- BF37
///   otherSignedNotification OtherSignedNotification, ... }       -- 30
/// ```
public enum PendingNotification: TLVListItem, Hashable {
  case profileInstallationResult(Verbatim<ProfileInstallationResult>)
  case otherSignedNotification(Verbatim<OtherSignedNotification>)
  /// An alternative of a later version, with tag and length.
  case other([UInt8])

  /// The alternative that `element` is.
  public init(alternative element: TLVElement) throws(TLVError) {
    switch element.tag {
    case ProfileInstallationResult.tag: self = .profileInstallationResult(try Verbatim(element))
    case OtherSignedNotification.tag: self = .otherSignedNotification(try Verbatim(element))
    default: self = .other(Array(element.encoded))
    }
  }

  /// The notification that `bytes` is, all of them; one of an unknown kind is refused.
  public init(encoded bytes: some Collection<UInt8>) throws(TLVError) {
    let element = try TLVElement(Array(bytes))
    self = try PendingNotification(alternative: element)
    if case .other = self { throw .missing(wanted: ProfileInstallationResult.tag, found: element.tag) }
  }

  /// The notification with tag and length, as it arrived.
  public var encoded: [UInt8] {
    switch self {
    case .profileInstallationResult(let result): result.encoded
    case .otherSignedNotification(let notification): notification.encoded
    case .other(let bytes): bytes
    }
  }

  /// The envelope; nil for a notification of an unknown kind.
  public var notificationMetadata: NotificationMetadata? {
    switch self {
    case .profileInstallationResult(let result): result.value.profileInstallationResultData.value.notificationMetadata
    case .otherSignedNotification(let notification): notification.value.tbsOtherNotification.value
    case .other: nil
    }
  }

  public static func list(_ element: TLVElement) throws(TLVError) -> [PendingNotification] {
    var list: [PendingNotification] = []
    for child in try element.children() { list.append(try PendingNotification(alternative: child)) }
    return list
  }

  public static func encode(_ list: [PendingNotification], to writer: inout TLVWriter) {
    for item in list { writer.append(encoded: item.encoded) }
  }
}

/// The notification of enabling, disabling or deletion (SGP.22 §5.7.10).
///
/// ```
/// OtherSignedNotification ::= SEQUENCE {
///   tbsOtherNotification NotificationMetadata, euiccNotificationSignature [APPLICATION 55] OCTET STRING,
///   euiccCertificate Certificate, eumCertificate Certificate, ... }
/// ```
public struct OtherSignedNotification: TLVMessage, TLVSequence, Hashable {
  /// What is signed.
  public let tbsOtherNotification: Verbatim<NotificationMetadata>
  /// The eUICC's signature over tbsOtherNotification.
  public let euiccNotificationSignature: [UInt8]
  /// CERT.EUICC.
  public let euiccCertificate: Certificate
  /// CERT.EUM.
  public let eumCertificate: Certificate

  /// All fields.
  public init(
    tbsOtherNotification: Verbatim<NotificationMetadata>, euiccNotificationSignature: [UInt8],
    euiccCertificate: Certificate, eumCertificate: Certificate
  ) {
    self.tbsOtherNotification = tbsOtherNotification
    self.euiccNotificationSignature = euiccNotificationSignature
    (self.euiccCertificate, self.eumCertificate) = (euiccCertificate, eumCertificate)
  }

  public static let tag = TLVTag.sequence
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    tbsOtherNotification = try reader.read(NotificationMetadata.tag)
    euiccNotificationSignature = try reader.signature()
    euiccCertificate = try reader.read()
    eumCertificate = try reader.read()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(NotificationMetadata.tag, tbsOtherNotification)
    writer.write(.signature, euiccNotificationSignature)
    writer.write(euiccCertificate)
    writer.write(eumCertificate)
  }
}
