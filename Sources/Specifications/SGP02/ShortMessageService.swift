import Bytes
import JSON
import SGP22

/// *Ours*: the interface between an SM-SR and a gateway of the short message service, in JSON over mutual TLS. The gateway
/// stores and forwards; it may lose, double and reorder messages, and can read none.
public enum ShortMessageService {
  /// From the SM-SR: messages for one number.
  public enum Submit: ServerFunction {
    public static let path = "/simurgh/sms/submit"
    public typealias Request = Messages
    public typealias Response = NoFields
  }

  /// To the SM-SR: messages from one number, or a report of delivery that carries data.
  public enum Deliver: ServerFunction {
    public static let path = "/simurgh/sms/deliver"
    public typealias Request = Messages
    public typealias Response = NoFields
  }

  /// `{ msisdn, messages: [{ tpdu }], report? }`
  public struct Messages: JSONMessage, Hashable {
    /// The subscriber's number, in digits with the country code.
    public let msisdn: String
    /// SMS-DELIVER to the subscriber, SMS-SUBMIT from it.
    public let tpdus: [[UInt8]]
    /// The data in a report of delivery (3GPP TS 23.040 §9.2.2.1a), its header included.
    public let report: [UInt8]?

    /// Messages at once.
    public static let limit = 64

    /// All fields.
    public init(msisdn: String, tpdus: [[UInt8]], report: [UInt8]? = nil) {
      (self.msisdn, self.tpdus, self.report) = (msisdn, tpdus, report)
    }

    public init(json: JSONObject) throws(JSONError) {
      msisdn = try json.text("msisdn", atMost: 15)
      let list = try json.objects("messages")
      guard list.count <= Self.limit else { throw .invalid("messages", "at most \(Self.limit) are taken at once") }
      var tpdus: [[UInt8]] = []
      for object in list { tpdus.append(try object.bytes("tpdu")) }
      (self.tpdus, report) = (tpdus, try json.bytesIfPresent("report"))
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("msisdn", msisdn)
      json["messages"] = .array(
        tpdus.map { tpdu in
          var object = JSONObject()
          object.set("tpdu", base64: tpdu)
          return .object(object)
        })
      json.set("report", base64: report)
      return json
    }
  }
}
