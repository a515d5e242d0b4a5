import Identifiers
import JSON

extension ES2Plus {
  /// SGP.22 §5.3.1: the operator orders a profile.
  public enum DownloadOrder: ServerFunction {
    public static let path = "/gsma/rsp2/es2plus/downloadOrder"

    /// `{ eid?, iccid?, profileType? }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC, where it is known.
      public let eid: EID?
      /// The profile, where the operator chooses it.
      public let iccid: ICCID?
      /// The kind of profile, where the SM-DP+ chooses it.
      public let profileType: String?

      /// All fields.
      public init(eid: EID? = nil, iccid: ICCID? = nil, profileType: String? = nil) {
        (self.eid, self.iccid, self.profileType) = (eid, iccid, profileType)
      }

      public init(json: JSONObject) throws(JSONError) {
        eid = try json.eidIfPresent()
        iccid = try json.iccidIfPresent()
        profileType = try json.textIfPresent("profileType", atMost: 256)
        // SGP.22 §5.3.1: profileType is mandatory if the ICCID is not present.
        guard iccid != nil || profileType != nil else { throw .missing("profileType") }
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set(iccid)
        json.set("profileType", profileType)
        return json
      }
    }

    /// `{ iccid }`
    public struct Response: JSONMessage, Hashable {
      /// The profile that is reserved.
      public let iccid: ICCID

      /// Its one field.
      public init(iccid: ICCID) { self.iccid = iccid }

      public init(json: JSONObject) throws(JSONError) { iccid = try json.iccid() }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(iccid)
        return json
      }
    }
  }
}
