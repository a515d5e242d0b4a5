import Identifiers
import JSON

extension ES2Plus {
  /// SGP.22 §5.3.4: the operator lets a confirmed profile be fetched.
  public enum ReleaseProfile: ServerFunction {
    public static let path = "/gsma/rsp2/es2plus/releaseProfile"
    public typealias Response = NoFields

    /// `{ iccid }`
    public struct Request: JSONMessage, Hashable {
      /// The profile.
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
