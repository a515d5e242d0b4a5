import JSON
import TLV

extension ES11 {
  /// SGP.22 §5.8.2: the SM-DS authenticates the eUICC and tells the events that wait for it.
  public enum AuthenticateClient: ServerFunction, OutcomeFunction {
    public static let path = ES9Plus.AuthenticateClient.path
    public static let tag: TLVTag = 0xBF40
    public typealias Request = ES9Plus.AuthenticateClient.Request
    public typealias Ok = Response
    public typealias Failure = ErrorCode

    /// ```
    /// AuthenticateClientOkEs11 ::= SEQUENCE {
    ///   transactionId TransactionId, eventEntries SEQUENCE OF EventEntries, ... }
    /// ```
    public struct Response: TLVSequence, JSONMessage, Hashable {
      /// The session.
      public let transactionId: TransactionId
      /// The events.
      public let eventEntries: [EventEntries]

      /// Both fields.
      public init(transactionId: TransactionId, eventEntries: [EventEntries]) {
        (self.transactionId, self.eventEntries) = (transactionId, eventEntries)
      }

      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        transactionId = try reader.read(0x80)
        eventEntries = try reader.read(0xA1)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x80, transactionId)
        writer.write(0xA1, eventEntries)
      }

      public init(json: JSONObject) throws(JSONError) {
        transactionId = try json.transactionId()
        var entries: [EventEntries] = []
        for entry in try json.objects("eventEntries") { entries.append(try EventEntries(json: entry)) }
        eventEntries = entries
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(transactionId)
        json["eventEntries"] = .array(eventEntries.map { .object($0.json) })
        return json
      }
    }

    /// ```
    /// EventEntries ::= SEQUENCE { eventId UTF8String, rspServerAddress UTF8String, ... }
    /// ```
    public struct EventEntries: TLVMessage, TLVSequence, JSONMessage, Hashable {
      /// The event; serves as MatchingID at the server.
      public let eventId: String
      /// The server where it waits.
      public let rspServerAddress: String

      /// Both fields.
      public init(eventId: String, rspServerAddress: String) {
        (self.eventId, self.rspServerAddress) = (eventId, rspServerAddress)
      }

      public static let tag = TLVTag.sequence
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        eventId = try reader.text(0x80, atMost: Limit.matchingId)
        rspServerAddress = try reader.text(0x81, atMost: Limit.address)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x80, eventId)
        writer.write(0x81, rspServerAddress)
      }

      public init(json: JSONObject) throws(JSONError) {
        eventId = try json.text("eventId", atMost: Limit.matchingId)
        rspServerAddress = try json.address("rspServerAddress")
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("eventId", eventId)
        json.set("rspServerAddress", rspServerAddress)
        return json
      }
    }

    /// authenticateClientError.
    public enum ErrorCode: Int, FunctionErrorCode {
      case eumCertificateInvalid = 1
      case eumCertificateExpired, euiccCertificateInvalid, euiccCertificateExpired, euiccSignatureInvalid
      case eventIdUnknown, invalidTransactionId, ciPKUnknown
      case undefinedError = 127
      public static let unknown = ErrorCode.undefinedError
      public static let refusals: [(refusal: Refusal, code: ErrorCode)] = [
        (.eumCertificateInvalid, .eumCertificateInvalid), (.eumCertificateExpired, .eumCertificateExpired),
        (.euiccCertificateInvalid, .euiccCertificateInvalid), (.euiccCertificateExpired, .euiccCertificateExpired),
        (.euiccSignatureInvalid, .euiccSignatureInvalid), (.eventUnknown, .eventIdUnknown),
        (.transactionUnknown, .invalidTransactionId), (.ciPublicKeyUnknown, .ciPKUnknown),
      ]
    }
  }
}
