import Identifiers
import JSON

extension ES2Plus {
  /// SGP.22 §5.3.3: the operator takes an order back.
  public enum CancelOrder: ServerFunction {
    public static let path = "/gsma/rsp2/es2plus/cancelOrder"
    public typealias Response = NoFields

    /// What becomes of the profile.
    public enum FinalProfileStatusIndicator: String, Sendable, CaseIterable {
      case available = "Available"
      case unavailable = "Unavailable"
    }

    /// `{ iccid, eid?, matchingId?, finalProfileStatusIndicator }`
    public struct Request: JSONMessage, Hashable {
      /// The profile.
      public let iccid: ICCID
      /// The eUICC of the order, if it has one.
      public let eid: EID?
      /// The token of the order, if it has one.
      public let matchingId: String?
      /// What becomes of the profile.
      public let finalProfileStatusIndicator: FinalProfileStatusIndicator

      /// All fields.
      public init(
        iccid: ICCID, eid: EID? = nil, matchingId: String? = nil,
        finalProfileStatusIndicator: FinalProfileStatusIndicator
      ) {
        (self.iccid, self.eid, self.matchingId) = (iccid, eid, matchingId)
        self.finalProfileStatusIndicator = finalProfileStatusIndicator
      }

      public init(json: JSONObject) throws(JSONError) {
        iccid = try json.iccid()
        eid = try json.eidIfPresent()
        matchingId = try json.textIfPresent("matchingId", atMost: Limit.matchingId)
        guard let status = FinalProfileStatusIndicator(rawValue: try json.text("finalProfileStatusIndicator")) else {
          throw .invalid("finalProfileStatusIndicator", "\"Available\" or \"Unavailable\" is wanted")
        }
        finalProfileStatusIndicator = status
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(iccid)
        json.set(eid)
        json.set("matchingId", matchingId)
        json.set("finalProfileStatusIndicator", finalProfileStatusIndicator.rawValue)
        return json
      }
    }
  }
}
