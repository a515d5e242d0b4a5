import JSON
import TLV

extension ES9Plus {
  /// SGP.22 v3.1 §5.6.3, answered where a device wants to hand a profile on or have one back: the same call, other words.
  public enum AuthenticateClientForDeviceChange: ServerFunction {
    public static let path = AuthenticateClient.path
    public typealias Request = AuthenticateClient.Request

    /// ```
    /// AuthenticateClientOkDeviceChange ::= SEQUENCE {
    ///   transactionId [0] TransactionId, smdpSigned4 [1] SmdpSigned4,
    ///   smdpSignature4 [APPLICATION 55] OCTET STRING,
    ///   serviceProviderMessageForDc [1] LocalisedTextMessage OPTIONAL, ... }
    /// ```
    ///
    /// Two fields of it bear tag [1]; only the JSON binding, which has names, is used here.
    public struct Response: JSONMessage, Hashable {
      /// The session.
      public let transactionId: TransactionId
      /// What the SM-DP+ signed.
      public let smdpSigned4: Verbatim<SmdpSigned4>
      /// Its signature.
      public let smdpSignature4: [UInt8]
      /// What the operator tells the person; at most 1000 bytes.
      public let serviceProviderMessageForDc: String?

      /// All fields.
      public init(
        transactionId: TransactionId, smdpSigned4: Verbatim<SmdpSigned4>, smdpSignature4: [UInt8],
        serviceProviderMessageForDc: String? = nil
      ) {
        (self.transactionId, self.smdpSigned4, self.smdpSignature4) = (transactionId, smdpSigned4, smdpSignature4)
        self.serviceProviderMessageForDc = serviceProviderMessageForDc
      }

      public init(json: JSONObject) throws(JSONError) {
        transactionId = try json.transactionId()
        smdpSigned4 = try json.verbatim("smdpSigned4", .sequence)
        smdpSignature4 = try json.signature("smdpSignature4")
        serviceProviderMessageForDc = try json.textIfPresent("serviceProviderMessageForDc", atMost: 1000)
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(transactionId)
        json.set("smdpSigned4", smdpSigned4)
        json.set("smdpSignature4", signature: smdpSignature4)
        json.set("serviceProviderMessageForDc", serviceProviderMessageForDc)
        return json
      }
    }
  }

  /// SGP.22 v3.1 §5.6.6: the person has confirmed, and the SM-DP+ tells what becomes of the profile.
  public enum ConfirmDeviceChange: ServerFunction, CarryingFunction {
    public static let path = "/gsma/rsp2/es9plus/confirmDeviceChange"
    public static let tag: TLVTag = 0xBF4C
    public typealias Carried = ES10b.PrepareDeviceChange
    public static let carriedName = "prepareDeviceChangeResponse"

    /// ```
    /// ConfirmDeviceChangeRequest ::= [76] SEQUENCE {         -- BF4C
    ///   transactionId TransactionId, prepareDeviceChangeResponse [77] PrepareDeviceChangeResponse, ... }
    /// ```
    public typealias Request = CarryingRequest<ConfirmDeviceChange>

    /// ```
    /// ConfirmDeviceChangeOk ::= SEQUENCE {
    ///   transactionId [0] TransactionId, smdpSigned5 SmdpSigned5, smdpSignature5 OCTET STRING, ... }
    /// ```
    public struct Response: JSONMessage, Hashable {
      /// The session.
      public let transactionId: TransactionId
      /// What the SM-DP+ signed, and how.
      public let word: ServerWord<SmdpSigned5>

      /// Both.
      public init(transactionId: TransactionId, word: ServerWord<SmdpSigned5>) {
        (self.transactionId, self.word) = (transactionId, word)
      }

      public init(json: JSONObject) throws(JSONError) {
        transactionId = try json.transactionId()
        word = ServerWord(
          try json.verbatim("smdpSigned5", .sequence), signature: try json.signature("smdpSignature5"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(transactionId)
        json.set("smdpSigned5", word.signed)
        json.set("smdpSignature5", signature: word.signature)
        return json
      }
    }
  }
}

extension CarryingRequest<ES9Plus.ConfirmDeviceChange> {
  /// The eUICC's answer as it came.
  public var prepareDeviceChangeResponse: Verbatim<ES10b.PrepareDeviceChange.Response> { answer }

  /// Both fields.
  public init(
    transactionId: TransactionId, prepareDeviceChangeResponse: Verbatim<ES10b.PrepareDeviceChange.Response>
  ) {
    self.init(transactionId: transactionId, answer: prepareDeviceChangeResponse)
  }
}
