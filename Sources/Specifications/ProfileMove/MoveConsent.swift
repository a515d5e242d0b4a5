import Bytes
import JSON
import SGP22

/// The person at one of both devices consents to the move, or does not.
public enum MoveConsent: ServerFunction {
  public static let path = "/simurgh/profilemove/consent"
  public typealias Response = MoveStatus.Response

  /// `{ ticket, consents }`
  public struct Request: JSONMessage, Hashable {
    /// The device's.
    public let ticket: String
    /// Whether the profile may move.
    public let consents: Bool

    /// Both fields.
    public init(ticket: String, consents: Bool) { (self.ticket, self.consents) = (ticket, consents) }

    public init(json: JSONObject) throws(JSONError) {
      ticket = try json.text("ticket", atMost: MoveLimit.ticket)
      consents = try json.bool("consents")
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("ticket", ticket)
      json["consents"] = .bool(consents)
      return json
    }
  }
}

/// The person shows who they are (step 510): by the code that the operator sent to them.
public enum MovePerson: ServerFunction {
  public static let path = "/simurgh/profilemove/person"
  public typealias Response = MoveStatus.Response

  /// `{ ticket, code }`
  public struct Request: JSONMessage, Hashable {
    /// The device's.
    public let ticket: String
    /// What the person entered.
    public let code: Secret

    /// Both fields.
    public init(ticket: String, code: Secret) { (self.ticket, self.code) = (ticket, code) }

    public init(json: JSONObject) throws(JSONError) {
      ticket = try json.text("ticket", atMost: MoveLimit.ticket)
      code = Secret(Array(try json.text("code", atMost: MoveLimit.word).utf8))
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("ticket", ticket)
      json.set("code", String(decoding: code.bytes, as: UTF8.self))
      return json
    }
  }
}
