import Identifiers
import JSON

/// Between the SM-DP+ and the SM-DS (SGP.22 §5.9).
public enum ES12 {
  /// SGP.22 §5.9.1: registers an event.
  public enum RegisterEvent: ServerFunction {
    public static let path = "/gsma/rsp2/es12/registerEvent"
    public typealias Response = NoFields

    /// `{ eid, rspServerAddress, eventId, forwardingIndicator }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC for which the event waits.
      public let eid: EID
      /// The server where it waits.
      public let rspServerAddress: String
      /// The event.
      public let eventId: String
      /// Whether it is to be registered at the root SM-DS too.
      public let forwardingIndicator: Bool

      /// All fields.
      public init(eid: EID, rspServerAddress: String, eventId: String, forwardingIndicator: Bool) {
        (self.eid, self.rspServerAddress) = (eid, rspServerAddress)
        (self.eventId, self.forwardingIndicator) = (eventId, forwardingIndicator)
      }

      public init(json: JSONObject) throws(JSONError) {
        eid = try json.eid()
        rspServerAddress = try json.address("rspServerAddress")
        eventId = try json.text("eventId", atMost: Limit.matchingId)
        forwardingIndicator = try json.bool("forwardingIndicator")
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("rspServerAddress", rspServerAddress)
        json.set("eventId", eventId)
        json["forwardingIndicator"] = .bool(forwardingIndicator)
        return json
      }
    }
  }

  /// SGP.22 §5.9.2: deletes an event.
  public enum DeleteEvent: ServerFunction {
    public static let path = "/gsma/rsp2/es12/deleteEvent"
    public typealias Response = NoFields

    /// `{ eid, eventId }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC for which the event waits.
      public let eid: EID
      /// The event.
      public let eventId: String

      /// Both fields.
      public init(eid: EID, eventId: String) { (self.eid, self.eventId) = (eid, eventId) }

      public init(json: JSONObject) throws(JSONError) {
        eid = try json.eid()
        eventId = try json.text("eventId", atMost: Limit.matchingId)
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("eventId", eventId)
        return json
      }
    }
  }
}
