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
