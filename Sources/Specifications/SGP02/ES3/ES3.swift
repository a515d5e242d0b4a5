import Bytes
import Identifiers
import JSON
import SGP22

/// Between an SM-DP and an SM-SR (SGP.02 §5.4). What takes the eUICC's time is answered with 1.2/4.4 until the eUICC has
/// answered; the same call again asks how it went.
public enum ES3 {
  /// SGP.02 §5.4.3: an ISD-P for a profile that its operator lets the SM-DP download.
  public enum CreateISDP: ServerFunction {
    public static let path = "/simurgh/sgp02/es3/createISDP"

    /// `{ eid, iccid, mnoId, requiredMemory }`
    public struct Request: JSONMessage, Hashable {
      /// The profile and its eUICC.
      public let target: ProfileTarget
      /// The operator that owns the profile.
      public let mnoId: String
      /// Bytes that the profile may take.
      public let requiredMemory: Int

      /// All fields.
      public init(target: ProfileTarget, mnoId: String, requiredMemory: Int) {
        (self.target, self.mnoId, self.requiredMemory) = (target, mnoId, requiredMemory)
      }

      public init(json: JSONObject) throws(JSONError) {
        (target, mnoId) = (try ProfileTarget(json: json), try json.text("mnoId", atMost: 128))
        requiredMemory = try json.integer("requiredMemory")
        guard (0...1 << 24).contains(requiredMemory) else { throw .invalid("requiredMemory", "at most 16 MiB") }
      }

      public var json: JSONObject {
        var json = target.json
        json.set("mnoId", mnoId)
        json["requiredMemory"] = .number(String(requiredMemory))
        return json
      }
    }

    /// `{ isdpAid }`
    public struct Response: JSONMessage, Hashable {
      /// The ISD-P.
      public let isdpAid: AID

      /// Its one field.
      public init(isdpAid: AID) { self.isdpAid = isdpAid }

      public init(json: JSONObject) throws(JSONError) { isdpAid = try json.aid("isdpAid") }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("isdpAid", isdpAid.bytes.hex)
        return json
      }
    }
  }

  /// SGP.02 §5.4.4: the SM-SR carries data to the ISD-P, and back what it answers, and cannot read what is closed for it.
  public enum SendData: ServerFunction {
    public static let path = "/simurgh/sgp02/es3/sendData"
    /// The most bytes at once: more than a packet in 32 short messages would carry.
    public static let dataLimit = 3_500

    /// `{ eid, sdAid, data }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC.
      public let eid: EID
      /// The ISD-P.
      public let sdAid: AID
      /// A script of functions of ES8 (AA), or SCP03t's objects.
      public let data: [UInt8]

      /// All fields.
      public init(eid: EID, sdAid: AID, data: [UInt8]) { (self.eid, self.sdAid, self.data) = (eid, sdAid, data) }

      public init(json: JSONObject) throws(JSONError) {
        (eid, sdAid, data) = (try json.eid(), try json.aid("sdAid"), try json.bytes("data"))
        guard (1...dataLimit).contains(data.count) else { throw .invalid("data", "1 to \(dataLimit) bytes are wanted") }
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("sdAid", sdAid.bytes.hex)
        json.set("data", base64: data)
        return json
      }
    }

    /// `{ euiccResponseData }`
    public struct Response: JSONMessage, Hashable {
      /// What the eUICC answered.
      public let euiccResponseData: [UInt8]

      /// Its one field.
      public init(euiccResponseData: [UInt8]) { self.euiccResponseData = euiccResponseData }

      public init(json: JSONObject) throws(JSONError) { euiccResponseData = try json.bytes("euiccResponseData") }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("euiccResponseData", base64: euiccResponseData)
        return json
      }
    }
  }

  /// SGP.02 §5.4.5: the profile is on the eUICC; the SM-SR looks before it believes it.
  public enum ProfileDownloadCompleted: ServerFunction {
    public static let path = "/simurgh/sgp02/es3/profileDownloadCompleted"
    public typealias Response = NoFields

    /// `{ eid, iccid, subscriptionAddress, pol2 }`
    public struct Request: JSONMessage, Hashable {
      /// The profile.
      public let target: ProfileTarget
      /// How the eUICC is reached with it.
      public let subscriptionAddress: SubscriptionAddress
      /// What its operator allows.
      public let pol2: POL2

      /// All fields.
      public init(target: ProfileTarget, subscriptionAddress: SubscriptionAddress, pol2: POL2) {
        (self.target, self.subscriptionAddress, self.pol2) = (target, subscriptionAddress, pol2)
      }

      public init(json: JSONObject) throws(JSONError) {
        target = try ProfileTarget(json: json)
        subscriptionAddress = try SubscriptionAddress(json: json.object("subscriptionAddress"))
        pol2 = try POL2(json: json.objects("pol2"))
      }

      public var json: JSONObject {
        var json = target.json
        json.set("subscriptionAddress", subscriptionAddress.json)
        json["pol2"] = pol2.json
        return json
      }
    }
  }

  /// SGP.02 §5.4.9: an ISD-P of the SM-DP's goes, with what is in it.
  public enum DeleteISDP: ServerFunction {
    public static let path = "/simurgh/sgp02/es3/deleteISDP"
    public typealias Request = ProfileTarget
    public typealias Response = NoFields
  }

  /// SGP.02 §5.4.7: the profile is enabled, for its operator.
  public enum EnableProfile: ServerFunction {
    public static let path = "/simurgh/sgp02/es3/enableProfile"
    public typealias Request = ProfileTarget
    public typealias Response = NoFields
  }

  /// SGP.02 §5.4.8: the profile is disabled, for its operator.
  public enum DisableProfile: ServerFunction {
    public static let path = "/simurgh/sgp02/es3/disableProfile"
    public typealias Request = ProfileTarget
    public typealias Response = NoFields
  }
}
