import Identifiers
import JSON
import SGP22
import TLV

extension ES4 {
  /// SGP.02 §5.5, PrepareSMSRChange: an operator asks an SM-SR whether it takes over an eUICC. Until that was asked it
  /// takes none, whoever hands one over.
  public enum PrepareSMSRChange: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/prepareSMSRChange"
    public typealias Response = NoFields

    /// `{ eid, currentSMSRid }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC.
      public let eid: EID
      /// The SM-SR that manages it.
      public let current: OID

      /// Both fields.
      public init(eid: EID, current: OID) { (self.eid, self.current) = (eid, current) }

      public init(json: JSONObject) throws(JSONError) {
        (eid, current) = (try json.eid(), try json.manager("currentSMSRid"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("currentSMSRid", current.description)
        return json
      }
    }
  }

  /// SGP.02 §5.5, SMSRChange: the operator of the profile in use has another SM-SR manage the eUICC.
  public enum SMSRChange: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/smsrChange"
    public typealias Response = NoFields

    /// `{ eid, targetSMSRid }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC.
      public let eid: EID
      /// The SM-SR that shall manage it.
      public let target: OID

      /// Both fields.
      public init(eid: EID, target: OID) { (self.eid, self.target) = (eid, target) }

      public init(json: JSONObject) throws(JSONError) {
        (eid, target) = (try json.eid(), try json.manager("targetSMSRid"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("targetSMSRid", target.description)
        return json
      }
    }
  }
}

extension JSONObject {
  fileprivate func manager(_ name: String) throws(JSONError) -> OID {
    guard let oid = OID(try text(name, atMost: 128)) else { throw .invalid(name, "an object identifier is wanted") }
    return oid
  }
}
