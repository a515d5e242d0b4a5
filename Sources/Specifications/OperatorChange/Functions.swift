import JSON
import SGP22
import SecureMessages

/// The receiving operator asks the donor. The request may be made again, to learn whether what is wanted has come.
public enum RequestOperatorChange: ServerFunction {
  public static let path = "/simurgh/operatorChange/request"

  /// `{ request }`
  public struct Request: JSONMessage {
    /// Signed by the receiving operator for the donor.
    public let request: Signed<ChangeRequest>

    /// Its one field.
    public init(request: Signed<ChangeRequest>) { self.request = request }
    public init(json: JSONObject) throws(JSONError) { request = try json.message("request") }
    public var json: JSONObject {
      var json = JSONObject()
      json.set("request", request)
      return json
    }
  }

  /// `{ answer }`
  public struct Response: JSONMessage {
    /// Signed by the donor for the receiving operator.
    public let answer: Signed<ChangeAnswer>

    /// Its one field.
    public init(answer: Signed<ChangeAnswer>) { self.answer = answer }
    public init(json: JSONObject) throws(JSONError) { answer = try json.message("answer") }
    public var json: JSONObject {
      var json = JSONObject()
      json.set("answer", answer)
      return json
    }
  }
}

/// The receiving operator tells the donor how the change ended.
public enum EndOperatorChange: ServerFunction {
  public static let path = "/simurgh/operatorChange/end"
  public typealias Response = NoFields

  /// `{ end }`
  public struct Request: JSONMessage {
    /// Signed by the receiving operator for the donor.
    public let end: Signed<ChangeEnd>

    /// Its one field.
    public init(end: Signed<ChangeEnd>) { self.end = end }
    public init(json: JSONObject) throws(JSONError) { end = try json.message("end") }
    public var json: JSONObject {
      var json = JSONObject()
      json.set("end", end)
      return json
    }
  }
}

extension Refusal {
  /// 8.3.5/6.1
  public static let changeUnverified = Refusal(
    "8.3.5", "6.1", "E3: the message is not signed by the operator that calls, or not for this one",
    advice: "Sign with the key of the certificate that you call with, for the operator that you call.")
  /// 8.3.5/3.9
  public static let changeUnknown = Refusal(
    "8.3.5", "3.9", "E3: there is no such change, or the profile is not this operator's",
    advice: "Ask for the change first.")
  /// 8.3.5/1.2
  public static let changeNotCompleted = Refusal(
    "8.3.5", "1.2", "E3: the eUICC's books still show the donor's profile in use",
    advice: "Have the SM-SR enable the new profile, and tell again.")
}
