import JSON
import SGP22
import SecureMessages

/// Between the eUICC's maker and an SM-SR (SGP.02 §5.2).
public enum ES1 {
  /// SGP.02 §5.2.1: the maker registers an eUICC.
  public enum RegisterEIS: ServerFunction {
    public static let path = "/simurgh/sgp02/es1/registerEIS"
    public typealias Response = NoFields

    /// `{ eis, keySet }`
    public struct Request: JSONMessage {
      /// What is known of the eUICC.
      public let eis: EIS
      /// The keys of its ISD-R, sealed to the SM-SR and signed by the maker.
      public let keySet: Sealed<Signed<ManagementKeySet>>

      /// Both fields.
      public init(eis: EIS, keySet: Sealed<Signed<ManagementKeySet>>) { (self.eis, self.keySet) = (eis, keySet) }

      public init(json: JSONObject) throws(JSONError) {
        (eis, keySet) = (try EIS(json: json.object("eis")), try json.message("keySet"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("eis", eis.json)
        json.set("keySet", keySet)
        return json
      }
    }
  }
}
