import JSON
import TLV

extension ES9Plus {
  /// SGP.22 §5.6.5: the device tells that the session was given up.
  public enum CancelSession: ServerFunction, OutcomeFunction {
    public static let path = "/gsma/rsp2/es9plus/cancelSession"
    public static let tag: TLVTag = 0xBF41
    public typealias Response = NoFields
    public typealias Ok = NoFields
    public typealias Failure = ErrorCode

    /// ```
    /// CancelSessionRequestEs9 ::= [65] SEQUENCE {            -- BF41
    ///   transactionId TransactionId, cancelSessionResponse CancelSessionResponse, ... }   -- 80, A1 in place of BF41
    /// ```
    public struct Request: TLVMessage, TLVSequence, JSONMessage, Hashable {
      /// The session.
      public let transactionId: TransactionId
      /// The eUICC's answer as it came.
      public let cancelSessionResponse: Verbatim<ES10b.CancelSession.Response>

      /// Both fields.
      public init(transactionId: TransactionId, cancelSessionResponse: Verbatim<ES10b.CancelSession.Response>) {
        (self.transactionId, self.cancelSessionResponse) = (transactionId, cancelSessionResponse)
      }

      public static let tag: TLVTag = 0xBF41
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        transactionId = try reader.read(0x80)
        var writer = TLVWriter(capacity: 256)
        writer.write(ES10b.CancelSession.tag, bytes: try reader.element(0xA1).content)
        cancelSessionResponse = try Verbatim(TLVElement(writer.bytes))
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x80, transactionId)
        writer.write(0xA1, cancelSessionResponse)
      }

      public init(json: JSONObject) throws(JSONError) {
        transactionId = try json.transactionId()
        cancelSessionResponse = try json.verbatim("cancelSessionResponse")
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(transactionId)
        json.set("cancelSessionResponse", cancelSessionResponse)
        return json
      }
    }

    /// cancelSessionError.
    public enum ErrorCode: Int, FunctionErrorCode {
      case invalidTransactionId = 1
      case euiccSignatureInvalid
      case undefinedError = 127
      public static let unknown = ErrorCode.undefinedError
      public static let refusals: [(refusal: Refusal, code: ErrorCode)] = [
        (.transactionUnknown, .invalidTransactionId), (.euiccSignatureInvalid, .euiccSignatureInvalid),
      ]
    }
  }
}
