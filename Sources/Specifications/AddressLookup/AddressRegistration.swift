import Identifiers
import JSON
import SGP22
import TLV

/// A server says that it is there for an eUICC; again, to stay in the directory or to move.
public enum RegisterAddress: ServerFunction {
  public static let path = "/simurgh/directory/registerAddress"
  public typealias Response = NoFields

  /// `{ eid, service, host }`
  public struct Request: JSONMessage, Hashable {
    /// The eUICC.
    public let eid: EID
    /// What the server does for it.
    public let service: AddressedService
    /// Where it is called: a name in its certificate, with a port where it is not 443.
    public let host: String

    /// All fields.
    public init(eid: EID, service: AddressedService, host: String) {
      (self.eid, self.service, self.host) = (eid, service, host)
    }

    public init(json: JSONObject) throws(JSONError) {
      (eid, service, host) = (try json.eid(), try json.service(), try json.address("host"))
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set(eid)
      json.set("service", service.description)
      json.set("host", host)
      return json
    }
  }
}

/// A server that is registered says who may take its place: an SM-SR at a change of SM-SR.
public enum HandOverAddress: ServerFunction {
  public static let path = "/simurgh/directory/handOverAddress"
  public typealias Response = NoFields

  /// `{ eid, service, successor }`
  public struct Request: JSONMessage, Hashable {
    /// The eUICC.
    public let eid: EID
    /// What the server does for it.
    public let service: AddressedService
    /// The object identifier of the server that may register.
    public let successor: OID

    /// All fields.
    public init(eid: EID, service: AddressedService, successor: OID) {
      (self.eid, self.service, self.successor) = (eid, service, successor)
    }

    public init(json: JSONObject) throws(JSONError) {
      (eid, service, successor) = (try json.eid(), try json.service(), try json.oid("successor"))
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set(eid)
      json.set("service", service.description)
      json.set("successor", successor.description)
      return json
    }
  }
}

/// A server is no longer there for an eUICC.
public enum WithdrawAddress: ServerFunction {
  public static let path = "/simurgh/directory/withdrawAddress"
  public typealias Response = NoFields

  /// `{ eid, service }`
  public struct Request: JSONMessage, Hashable {
    /// The eUICC.
    public let eid: EID
    /// What the server did for it.
    public let service: AddressedService

    /// Both fields.
    public init(eid: EID, service: AddressedService) { (self.eid, self.service) = (eid, service) }

    public init(json: JSONObject) throws(JSONError) { (eid, service) = (try json.eid(), try json.service()) }

    public var json: JSONObject {
      var json = JSONObject()
      json.set(eid)
      json.set("service", service.description)
      return json
    }
  }
}
