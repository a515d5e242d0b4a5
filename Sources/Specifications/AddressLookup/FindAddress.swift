import CircleOfTrust
import Identifiers
import JSON
import SGP22
import SecureMessages

/// Asks where an eUICC's manager is, or the provider of an operator's profiles for it.
public enum FindAddress: ServerFunction {
  public static let path = "/simurgh/directory/findAddress"

  /// `{ eid, service }`; the service "provider", without an operator, asks for the only one there is.
  public struct Request: JSONMessage, Hashable {
    /// The eUICC.
    public let eid: EID
    /// What the server does for it; nil is its only provider.
    public let service: AddressedService?

    /// Both fields.
    public init(eid: EID, service: AddressedService?) { (self.eid, self.service) = (eid, service) }

    public init(json: JSONObject) throws(JSONError) {
      eid = try json.eid()
      service = try json.text("service", atMost: 32) == Self.anyProvider ? nil : try json.service()
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set(eid)
      json.set("service", service?.description ?? Self.anyProvider)
      return json
    }

    private static let anyProvider = "provider"

    /// Whether `found` is what was asked for.
    func isAnswered(by found: AddressedService) -> Bool {
      if let service { return service == found }
      return found != .manager
    }
  }

  /// `{ statement, certificate }`
  public struct Response: JSONMessage {
    /// What the directory says.
    public let statement: Signed<AddressStatement>
    /// The directory's certificate, in DER.
    public let certificate: [UInt8]

    /// Both fields.
    public init(statement: Signed<AddressStatement>, certificate: [UInt8]) {
      (self.statement, self.certificate) = (statement, certificate)
    }

    public init(json: JSONObject) throws(JSONError) {
      statement = try json.message("statement")
      certificate = try json.bytes("certificate")
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("statement", statement)
      json.set("certificate", base64: certificate)
      return json
    }
  }
}
