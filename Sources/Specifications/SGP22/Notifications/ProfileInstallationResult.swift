import Identifiers
import TLV

/// How an installation ended, signed by the eUICC (SGP.22 §2.5.6).
///
/// ```
/// ProfileInstallationResult ::= [55] SEQUENCE {              -- BF37
///   profileInstallationResultData [39] ProfileInstallationResultData,
///   euiccSignPIR [APPLICATION 55] OCTET STRING, ... }        -- over the data object BF27
/// ```
public struct ProfileInstallationResult: TLVMessage, TLVSequence, Hashable {
  /// What is signed.
  public let profileInstallationResultData: Verbatim<ProfileInstallationResultData>
  /// The eUICC's signature.
  public let euiccSignPIR: [UInt8]

  /// Both fields.
  public init(profileInstallationResultData: Verbatim<ProfileInstallationResultData>, euiccSignPIR: [UInt8]) {
    (self.profileInstallationResultData, self.euiccSignPIR) = (profileInstallationResultData, euiccSignPIR)
  }

  public static let tag: TLVTag = 0xBF37
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    profileInstallationResultData = try reader.read(ProfileInstallationResultData.tag)
    euiccSignPIR = try reader.signature()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(ProfileInstallationResultData.tag, profileInstallationResultData)
    writer.write(.signature, euiccSignPIR)
  }
}

/// ```
/// ProfileInstallationResultData ::= [39] SEQUENCE {          -- BF27
///   transactionId [0] TransactionId, notificationMetadata [47] NotificationMetadata,
///   smdpOid OBJECT IDENTIFIER OPTIONAL,
///   finalResult [2] CHOICE { successResult SuccessResult, errorResult ErrorResult }, ... }
/// ```
public struct ProfileInstallationResultData: TLVMessage, TLVSequence, Hashable {
  /// ```
  /// CHOICE { successResult [0] SuccessResult, errorResult [1] ErrorResult }
  /// ```
  public enum FinalResult: TLVContent, Hashable {
    case successResult(SuccessResult)
    case errorResult(ErrorResult)

    public init(_ element: TLVElement) throws(TLVError) {
      var reader = try element.reader()
      if let error = try reader.readIfPresent(0xA1, as: ErrorResult.self) {
        self = .errorResult(error)
      } else {
        self = .successResult(try reader.read(0xA0))
      }
      try reader.finish()
    }

    public func encodeContent(to writer: inout TLVWriter) {
      switch self {
      case .successResult(let result): writer.write(0xA0, result)
      case .errorResult(let result): writer.write(0xA1, result)
      }
    }
  }

  /// The session.
  public let transactionId: TransactionId
  /// The envelope.
  public let notificationMetadata: NotificationMetadata
  /// The SM-DP+'s identifier from CERT.DPpb.
  public let smdpOid: OID?
  /// How it ended.
  public let finalResult: FinalResult

  /// All fields.
  public init(
    transactionId: TransactionId, notificationMetadata: NotificationMetadata, smdpOid: OID?, finalResult: FinalResult
  ) {
    (self.transactionId, self.notificationMetadata) = (transactionId, notificationMetadata)
    (self.smdpOid, self.finalResult) = (smdpOid, finalResult)
  }

  public static let tag: TLVTag = 0xBF27
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    notificationMetadata = try reader.read()
    smdpOid = try reader.readIfPresent(.objectIdentifier)
    finalResult = try reader.read(0xA2)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(notificationMetadata)
    writer.write(.objectIdentifier, smdpOid)
    writer.write(0xA2, finalResult)
  }
}

/// ```
/// SuccessResult ::= SEQUENCE { aid [APPLICATION 15] OCTET STRING (SIZE(5..16)), simaResponse OCTET STRING, ... }
/// ```
public struct SuccessResult: TLVSequence, Hashable {
  /// The new ISD-P.
  public let aid: AID
  /// One or several EUICCResponse of the profile package specification.
  public let simaResponse: [UInt8]

  /// Both fields.
  public init(aid: AID, simaResponse: [UInt8]) { (self.aid, self.simaResponse) = (aid, simaResponse) }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    aid = try reader.read(.isdpAid)
    simaResponse = try reader.read(.octetString)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.isdpAid, aid)
    writer.write(.octetString, simaResponse)
  }
}

/// ```
/// ErrorResult ::= SEQUENCE {
///   bppCommandId BppCommandId, errorReason ErrorReason, simaResponse OCTET STRING OPTIONAL, ... }
/// ```
public struct ErrorResult: TLVSequence, Hashable {
  /// The command that failed.
  public let bppCommandId: BppCommandId
  /// Why.
  public let errorReason: ErrorReason
  /// One or several EUICCResponse, where profile elements were processed.
  public let simaResponse: [UInt8]?

  /// All fields.
  public init(bppCommandId: BppCommandId, errorReason: ErrorReason, simaResponse: [UInt8]? = nil) {
    (self.bppCommandId, self.errorReason, self.simaResponse) = (bppCommandId, errorReason, simaResponse)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    bppCommandId = try reader.read(0x80)
    errorReason = try reader.read(0x81)
    simaResponse = try reader.readIfPresent(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, bppCommandId)
    writer.write(0x81, errorReason)
    writer.write(0x82, simaResponse)
  }
}

/// The commands of a bound profile package.
public enum BppCommandId: Int, TLVEnumeration, Hashable, CaseIterable {
  case initialiseSecureChannel, configureISDP, storeMetadata, storeMetadata2, replaceSessionKeys, loadProfileElements
}

/// Why an installation failed; numbers of later versions are read as installFailedDueToUnknownError.
public enum ErrorReason: Int, LenientEnumeration {
  case incorrectInputValues = 1
  case invalidSignature, invalidTransactionId, unsupportedCrtValues, unsupportedRemoteOperationType
  case unsupportedProfileClass, scp03tStructureError, scp03tSecurityError
  case installFailedDueToIccidAlreadyExistsOnEuicc, installFailedDueToInsufficientMemoryForProfile
  case installFailedDueToInterruption, installFailedDueToPEProcessingError, installFailedDueToIccidMismatch
  case testProfileInstallFailedDueToInvalidNaaKey, pprNotAllowed
  case installFailedDueToUnknownError = 127
  public static let unknown = ErrorReason.installFailedDueToUnknownError

  /// SGP.22 §3.1.3.3: whether another try may go better, because the profile itself is not at fault.
  public var mayPass: Bool {
    switch self {
    case .installFailedDueToInterruption, .installFailedDueToInsufficientMemoryForProfile, .invalidTransactionId,
      .invalidSignature, .scp03tStructureError, .scp03tSecurityError:
      true
    default: false
    }
  }
}
