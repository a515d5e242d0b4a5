import Bytes
import Identifiers
import JSON

extension ES2Plus {
  /// SGP.22 §5.3.2: the operator says how the profile may be fetched.
  public enum ConfirmOrder: ServerFunction {
    public static let path = "/gsma/rsp2/es2plus/confirmOrder"

    /// `{ iccid, eid?, matchingId?, confirmationCode?, smdsAddress?, releaseFlag }`
    public struct Request: JSONMessage, Hashable {
      /// The profile.
      public let iccid: ICCID
      /// The eUICC that may fetch it.
      public let eid: EID?
      /// nil: the SM-DP+ chooses; empty: the profile waits at the default SM-DP+.
      public let matchingId: String?
      /// What the user must enter.
      public let confirmationCode: Secret?
      /// Where an event is to be registered.
      public let smdsAddress: String?
      /// Whether the profile may be fetched at once.
      public let releaseFlag: Bool

      /// All fields.
      public init(
        iccid: ICCID, eid: EID? = nil, matchingId: String? = nil, confirmationCode: Secret? = nil,
        smdsAddress: String? = nil, releaseFlag: Bool
      ) {
        (self.iccid, self.eid, self.matchingId) = (iccid, eid, matchingId)
        (self.confirmationCode, self.smdsAddress) = (confirmationCode, smdsAddress)
        self.releaseFlag = releaseFlag
      }

      public init(json: JSONObject) throws(JSONError) {
        iccid = try json.iccid()
        eid = try json.eidIfPresent()
        matchingId = try json.textIfPresent("matchingId", atMost: Limit.matchingId)
        confirmationCode = try json.textIfPresent("confirmationCode", atMost: 256).map { Secret(Array($0.utf8)) }
        smdsAddress = try json.textIfPresent("smdsAddress", atMost: Limit.address)
        releaseFlag = try json.bool("releaseFlag")
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(iccid)
        json.set(eid)
        json.set("matchingId", matchingId)
        json.set("confirmationCode", confirmationCode.map { String(decoding: $0.bytes, as: UTF8.self) })
        json.set("smdsAddress", smdsAddress)
        json["releaseFlag"] = .bool(releaseFlag)
        return json
      }
    }

    /// `{ eid?, matchingId, smdpAddress? }`
    public struct Response: JSONMessage, Hashable {
      /// The eUICC, where it is known.
      public let eid: EID?
      /// The token for the activation code.
      public let matchingId: String
      /// The server's address for the activation code.
      public let smdpAddress: String?

      /// All fields.
      public init(eid: EID? = nil, matchingId: String, smdpAddress: String?) {
        (self.eid, self.matchingId, self.smdpAddress) = (eid, matchingId, smdpAddress)
      }

      public init(json: JSONObject) throws(JSONError) {
        eid = try json.eidIfPresent()
        matchingId = try json.text("matchingId", atMost: Limit.matchingId)
        smdpAddress = try json.textIfPresent("smdpAddress", atMost: Limit.address)
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("matchingId", matchingId)
        json.set("smdpAddress", smdpAddress)
        return json
      }
    }
  }
}
