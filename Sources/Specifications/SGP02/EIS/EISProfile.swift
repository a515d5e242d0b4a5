import Bytes
import Identifiers
import JSON
import SGP22

/// A profile on an eUICC, as the SM-SR's books have it (SGP.02 annex E, PROFILE INFO).
public struct EISProfile: JSONMessage, Hashable {
  /// Where its life stands (SGP.02 §2.2.1.3), so far as the SM-SR knows.
  public enum State: String, Sendable, CaseIterable {
    /// There is an ISD-P, and no profile yet.
    case created = "Created"
    case disabled = "Disabled"
    case enabled = "Enabled"
  }

  /// The profile.
  public var iccid: ICCID
  /// Its ISD-P.
  public var isdpAid: AID
  /// The operator that owns it.
  public var mnoId: String
  /// The object identifier of the SM-DP that downloaded it; nil for one from manufacture.
  public var smdpId: String?
  /// Where its life stands.
  public var state: State
  /// Whether the eUICC enables it when the network is lost.
  public var fallbackAttribute: Bool
  /// How it is reached.
  public var subscriptionAddress: SubscriptionAddress
  /// What its operator allows.
  public var pol2: POL2
  /// Bytes set aside for it.
  public var allocatedMemory: Int

  /// All fields.
  public init(
    iccid: ICCID, isdpAid: AID, mnoId: String, smdpId: String? = nil, state: State, fallbackAttribute: Bool = false,
    subscriptionAddress: SubscriptionAddress = SubscriptionAddress(), pol2: POL2 = [], allocatedMemory: Int
  ) {
    (self.iccid, self.isdpAid, self.mnoId, self.smdpId) = (iccid, isdpAid, mnoId, smdpId)
    (self.state, self.fallbackAttribute, self.subscriptionAddress) = (state, fallbackAttribute, subscriptionAddress)
    (self.pol2, self.allocatedMemory) = (pol2, allocatedMemory)
  }

  public init(json: JSONObject) throws(JSONError) {
    iccid = try json.iccid()
    isdpAid = try json.aid("isdpAid")
    (mnoId, smdpId) = (try json.text("mnoId", atMost: 128), try json.textIfPresent("smdpId", atMost: 128))
    guard let state = State(rawValue: try json.text("state")) else { throw .invalid("state", "there is no such state") }
    self.state = state
    fallbackAttribute = try json.bool("fallbackAttribute")
    subscriptionAddress = try SubscriptionAddress(json: json.object("subscriptionAddress"))
    pol2 = try POL2(json: json.objects("pol2"))
    allocatedMemory = try json.integer("allocatedMemory")
  }

  public var json: JSONObject {
    var json = JSONObject()
    json.set(iccid)
    json.set("isdpAid", isdpAid.bytes.hex)
    json.set("mnoId", mnoId)
    json.set("smdpId", smdpId)
    json.set("state", state.rawValue)
    json["fallbackAttribute"] = .bool(fallbackAttribute)
    json.set("subscriptionAddress", subscriptionAddress.json)
    json["pol2"] = pol2.json
    json["allocatedMemory"] = .number(String(allocatedMemory))
    return json
  }
}

/// How an eUICC is reached with a profile (SGP.02 annex E).
public struct SubscriptionAddress: JSONMessage, Hashable {
  /// The number short messages go to, in digits with the country code.
  public var msisdn: String?
  /// The subscription.
  public var imsi: IMSI?

  /// Both, either, or neither.
  public init(msisdn: String? = nil, imsi: IMSI? = nil) { (self.msisdn, self.imsi) = (msisdn, imsi) }

  public init(json: JSONObject) throws(JSONError) {
    msisdn = try json.textIfPresent("msisdn", atMost: 15)
    guard msisdn?.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ?? true, msisdn != "" else {
      throw .invalid("msisdn", "at most 15 digits are wanted")
    }
    do { imsi = try json.textIfPresent("imsi", atMost: 15).map { try IMSI($0) } } catch let error as JSONError {
      throw error
    } catch { throw .invalid("imsi", "\(error)") }
  }

  public var json: JSONObject {
    var json = JSONObject()
    json.set("msisdn", msisdn)
    json.set("imsi", imsi?.digits)
    return json
  }
}

extension JSONObject {
  func aid(_ name: String) throws(JSONError) -> AID {
    let text = try text(name, atMost: 32)
    guard let bytes = try? [UInt8](hex: text), let aid = try? AID(bytes) else {
      throw .invalid(name, "10 to 32 hexadecimal digits are wanted")
    }
    return aid
  }
}
