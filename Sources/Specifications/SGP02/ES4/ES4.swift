import Identifiers
import JSON
import SGP22

/// Between an operator and an SM-SR (SGP.02 §5.5).
public enum ES4 {
  /// SGP.02 §5.5.1: what the books have of an eUICC; of its profiles, those of the operator that asks.
  public enum GetEIS: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/getEIS"

    /// `{ eid }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC.
      public let eid: EID

      /// Its one field.
      public init(eid: EID) { self.eid = eid }

      public init(json: JSONObject) throws(JSONError) { eid = try json.eid() }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        return json
      }
    }

    /// `{ eis }`
    public struct Response: JSONMessage {
      /// The eUICC Information Set, without keys.
      public let eis: EIS

      /// Its one field.
      public init(eis: EIS) { self.eis = eis }

      public init(json: JSONObject) throws(JSONError) { eis = try EIS(json: json.object("eis")) }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("eis", eis.json)
        return json
      }
    }
  }

  /// SGP.02 §5.5.2: the operator changes what it allows the SM-SR to do.
  public enum UpdatePolicyRules: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/updatePolicyRules"
    public typealias Response = NoFields

    /// `{ eid, iccid, pol2 }`
    public struct Request: JSONMessage, Hashable {
      /// The profile.
      public let target: ProfileTarget
      /// The rules in the place of the former ones.
      public let pol2: POL2

      /// Both.
      public init(target: ProfileTarget, pol2: POL2) { (self.target, self.pol2) = (target, pol2) }

      public init(json: JSONObject) throws(JSONError) {
        (target, pol2) = (try ProfileTarget(json: json), try POL2(json: json.objects("pol2")))
      }

      public var json: JSONObject {
        var json = target.json
        json["pol2"] = pol2.json
        return json
      }
    }
  }

  /// SGP.02 §5.5.3: the operator tells under which number and IMSI the profile is reached.
  public enum UpdateSubscriptionAddress: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/updateSubscriptionAddress"
    public typealias Response = NoFields

    /// `{ eid, iccid, newSubscriptionAddress }`
    public struct Request: JSONMessage, Hashable {
      /// The profile.
      public let target: ProfileTarget
      /// How it is reached from now on.
      public let newSubscriptionAddress: SubscriptionAddress

      /// Both.
      public init(target: ProfileTarget, newSubscriptionAddress: SubscriptionAddress) {
        (self.target, self.newSubscriptionAddress) = (target, newSubscriptionAddress)
      }

      public init(json: JSONObject) throws(JSONError) {
        target = try ProfileTarget(json: json)
        newSubscriptionAddress = try SubscriptionAddress(json: json.object("newSubscriptionAddress"))
      }

      public var json: JSONObject {
        var json = target.json
        json.set("newSubscriptionAddress", newSubscriptionAddress.json)
        return json
      }
    }
  }
}

/// `{ eid, iccid }`: a profile on an eUICC.
public struct ProfileTarget: JSONMessage, Hashable {
  /// The eUICC.
  public let eid: EID
  /// The profile.
  public let iccid: ICCID

  /// Both.
  public init(eid: EID, iccid: ICCID) { (self.eid, self.iccid) = (eid, iccid) }

  public init(json: JSONObject) throws(JSONError) { (eid, iccid) = (try json.eid(), try json.iccid()) }

  public var json: JSONObject {
    var json = JSONObject()
    json.set(eid)
    json.set(iccid)
    return json
  }
}
