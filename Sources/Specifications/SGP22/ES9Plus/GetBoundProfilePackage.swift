import JSON
import TLV

extension ES9Plus {
  /// SGP.22 §5.6.2: the SM-DP+ binds the profile to the eUICC's one-time key and gives it.
  public enum GetBoundProfilePackage: ServerFunction, OutcomeFunction, CarryingFunction {
    public static let path = "/gsma/rsp2/es9plus/getBoundProfilePackage"
    public static let tag: TLVTag = 0xBF3A
    public typealias Carried = ES10b.PrepareDownload
    public static let carriedName = "prepareDownloadResponse"
    public typealias Ok = Response
    public typealias Failure = ErrorCode

    /// ```
    /// GetBoundProfilePackageRequest ::= [58] SEQUENCE {      -- BF3A
    ///   transactionId [0] TransactionId, prepareDownloadResponse [33] PrepareDownloadResponse, ... }
    /// ```
    public typealias Request = CarryingRequest<GetBoundProfilePackage>

    /// ```
    /// GetBoundProfilePackageOk ::= SEQUENCE {
    ///   transactionId [0] TransactionId, boundProfilePackage [54] BoundProfilePackage, ... }
    /// ```
    public struct Response: TLVSequence, JSONMessage, Hashable {
      /// The session.
      public let transactionId: TransactionId
      /// The package.
      public let boundProfilePackage: Verbatim<BoundProfilePackage>

      /// Both fields.
      public init(transactionId: TransactionId, boundProfilePackage: Verbatim<BoundProfilePackage>) {
        (self.transactionId, self.boundProfilePackage) = (transactionId, boundProfilePackage)
      }

      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        transactionId = try reader.read(0x80)
        boundProfilePackage = try reader.read(BoundProfilePackage.tag)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x80, transactionId)
        writer.append(encoded: boundProfilePackage.encoded)
      }

      public init(json: JSONObject) throws(JSONError) {
        transactionId = try json.transactionId()
        boundProfilePackage = try json.verbatim("boundProfilePackage")
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(transactionId)
        json.set("boundProfilePackage", boundProfilePackage)
        return json
      }
    }

    /// getBoundProfilePackageError.
    public enum ErrorCode: Int, FunctionErrorCode {
      case euiccSignatureInvalid = 1
      case confirmationCodeMissing, confirmationCodeRefused, confirmationCodeRetriesExceeded
      case bppRebindingRefused, downloadOrderExpired
      case invalidTransactionId = 95
      case undefinedError = 127
      public static let unknown = ErrorCode.undefinedError
      public static let refusals: [(refusal: Refusal, code: ErrorCode)] = [
        (.euiccSignatureInvalid, .euiccSignatureInvalid), (.confirmationCodeMissing, .confirmationCodeMissing),
        (.confirmationCodeRefused, .confirmationCodeRefused),
        (.confirmationCodeRetriesExceeded, .confirmationCodeRetriesExceeded),
        (.rebindingRefused, .bppRebindingRefused), (.downloadOrderExpired, .downloadOrderExpired),
        (.transactionUnknown, .invalidTransactionId),
      ]
    }
  }
}

extension CarryingRequest<ES9Plus.GetBoundProfilePackage> {
  /// The eUICC's answer as it came.
  public var prepareDownloadResponse: Verbatim<ES10b.PrepareDownload.Response> { answer }

  /// Both fields.
  public init(transactionId: TransactionId, prepareDownloadResponse: Verbatim<ES10b.PrepareDownload.Response>) {
    self.init(transactionId: transactionId, answer: prepareDownloadResponse)
  }
}
