import CircleOfTrust
import JSON
import TLV

extension ES9Plus {
  /// SGP.22 §5.6.3: the SM-DP+ authenticates the eUICC and tells which profile waits for it.
  public enum AuthenticateClient: ServerFunction, OutcomeFunction, CarryingFunction {
    public static let path = "/gsma/rsp2/es9plus/authenticateClient"
    public static let tag: TLVTag = 0xBF3B
    public typealias Carried = ES10b.AuthenticateServer
    public static let carriedName = "authenticateServerResponse"
    public typealias Ok = Response
    public typealias Failure = ErrorCode

    /// ```
    /// AuthenticateClientRequest ::= [59] SEQUENCE {          -- BF3B
    ///   transactionId [0] TransactionId, authenticateServerResponse [56] AuthenticateServerResponse, ... }
    /// ```
    public typealias Request = CarryingRequest<AuthenticateClient>

    /// ```
    /// AuthenticateClientOk ::= SEQUENCE {
    ///   transactionId [0] TransactionId, profileMetaData [37] StoreMetadataRequest,
    ///   prepareDownloadRequest [33] PrepareDownloadRequest, ... }
    /// ```
    public struct Response: TLVSequence, JSONMessage, Hashable {
      /// The session.
      public let transactionId: TransactionId
      /// The profile's description.
      public let profileMetadata: Verbatim<StoreMetadataRequest>
      /// What the device gives to the eUICC next; the JSON binding writes its parts, and hashCc is the device's.
      public let prepareDownloadRequest: ES10b.PrepareDownload.Request

      /// All fields.
      public init(
        transactionId: TransactionId, profileMetadata: Verbatim<StoreMetadataRequest>,
        prepareDownloadRequest: ES10b.PrepareDownload.Request
      ) {
        (self.transactionId, self.profileMetadata) = (transactionId, profileMetadata)
        self.prepareDownloadRequest = prepareDownloadRequest
      }

      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        transactionId = try reader.read(0x80)
        profileMetadata = try reader.read(StoreMetadataRequest.tag)
        prepareDownloadRequest = try reader.read()
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x80, transactionId)
        writer.write(StoreMetadataRequest.tag, profileMetadata)
        writer.write(prepareDownloadRequest)
      }

      public init(json: JSONObject) throws(JSONError) {
        transactionId = try json.transactionId()
        profileMetadata = try json.verbatim("profileMetadata")
        prepareDownloadRequest = ES10b.PrepareDownload.Request(
          smdpSigned2: try json.verbatim("smdpSigned2", .sequence),
          smdpSignature2: try json.signature("smdpSignature2"), hashCc: nil,
          smdpCertificate: try json.message("smdpCertificate"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(transactionId)
        json.set("profileMetadata", profileMetadata)
        json.set("smdpSigned2", prepareDownloadRequest.smdpSigned2)
        json.set("smdpSignature2", signature: prepareDownloadRequest.smdpSignature2)
        json.set("smdpCertificate", prepareDownloadRequest.smdpCertificate)
        return json
      }
    }

    /// authenticateClientError.
    public enum ErrorCode: Int, FunctionErrorCode {
      case eumCertificateInvalid = 1
      case eumCertificateExpired, euiccCertificateInvalid, euiccCertificateExpired, euiccSignatureInvalid
      case matchingIdRefused, eidMismatch, noEligibleProfile, ciPKUnknown, invalidTransactionId, insufficientMemory
      case undefinedError = 127
      public static let unknown = ErrorCode.undefinedError
      public static let refusals: [(refusal: Refusal, code: ErrorCode)] = [
        (.eumCertificateInvalid, .eumCertificateInvalid), (.eumCertificateExpired, .eumCertificateExpired),
        (.euiccCertificateInvalid, .euiccCertificateInvalid), (.euiccCertificateExpired, .euiccCertificateExpired),
        (.euiccSignatureInvalid, .euiccSignatureInvalid), (.matchingIdRefused, .matchingIdRefused),
        (.eidMismatch, .eidMismatch), (.noEligibleProfile, .noEligibleProfile),
        (.ciPublicKeyUnknown, .ciPKUnknown), (.transactionUnknown, .invalidTransactionId),
        (.insufficientMemory, .insufficientMemory),
      ]
    }
  }
}

extension CarryingRequest<ES9Plus.AuthenticateClient> {
  /// The eUICC's answer as it came.
  public var authenticateServerResponse: Verbatim<ES10b.AuthenticateServer.Response> { answer }

  /// Both fields.
  public init(transactionId: TransactionId, authenticateServerResponse: Verbatim<ES10b.AuthenticateServer.Response>) {
    self.init(transactionId: transactionId, answer: authenticateServerResponse)
  }
}
