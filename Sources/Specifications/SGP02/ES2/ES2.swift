import Identifiers
import JSON
import SGP22

/// Between an operator and an SM-DP (SGP.02 §5.3).
public enum ES2 {
  /// SGP.02 §5.3.2: a profile is downloaded into an eUICC. It takes time: until it is there, or will never be, the call is
  /// answered with 1.2/4.4, and the same call again asks how it went.
  public enum DownloadProfile: ServerFunction {
    public static let path = "/simurgh/sgp02/es2/downloadProfile"
    public typealias Response = NoFields

    /// `{ eid, iccid, smsrId, credentials, subscriptionAddress, pol2 }`
    public struct Request: JSONMessage, Hashable {
      /// The profile and its eUICC.
      public let target: ProfileTarget
      /// The SM-SR that manages the eUICC: its host.
      public let smsrId: String
      /// The eUICC's certificates, which the operator has verified and the SM-DP verifies as well.
      public let credentials: EUICCCredentials
      /// How the eUICC is reached with the profile.
      public let subscriptionAddress: SubscriptionAddress
      /// What the operator allows.
      public let pol2: POL2

      /// All fields.
      public init(
        target: ProfileTarget, smsrId: String, credentials: EUICCCredentials, subscriptionAddress: SubscriptionAddress,
        pol2: POL2
      ) {
        (self.target, self.smsrId, self.credentials) = (target, smsrId, credentials)
        (self.subscriptionAddress, self.pol2) = (subscriptionAddress, pol2)
      }

      public init(json: JSONObject) throws(JSONError) {
        (target, smsrId) = (try ProfileTarget(json: json), try json.text("smsrId", atMost: 256))
        credentials = try json.message("credentials")
        subscriptionAddress = try SubscriptionAddress(json: json.object("subscriptionAddress"))
        pol2 = try POL2(json: json.objects("pol2"))
      }

      public var json: JSONObject {
        var json = target.json
        json.set("smsrId", smsrId)
        json.set("credentials", credentials)
        json.set("subscriptionAddress", subscriptionAddress.json)
        json["pol2"] = pol2.json
        return json
      }
    }
  }
}

extension Refusal {
  /// 8.1.1/6.1
  public static let euiccNotVerified = Refusal(
    "8.1.1", "6.1", "SGP.02: the eUICC's certificates are not good",
    advice: "Do nothing with this eUICC before its maker has explained it.")
  /// 8.2.1/4.2
  public static let downloadFailed = Refusal(
    "8.2.1", "4.2", "ES2: the profile could not be downloaded, and what was begun is undone",
    advice: "Look at the SM-DP's record, and order the download again with another call.")
}
