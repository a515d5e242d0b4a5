import Bytes
import Identifiers
import JSON
import SGP22

extension ES4 {
  /// SGP.02 §5.5.15, SetPLMA: the operator lets an SM-DP download one profile and manage it on one eUICC. Without it the
  /// SM-SR does nothing for an SM-DP: each step of the delivery is authorised by the operator (E4 of the founding document).
  public enum SetPLMA: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/setPLMA"
    public typealias Response = NoFields

    /// `{ eid, iccid, smdpId }`
    public struct Request: JSONMessage, Hashable {
      /// The profile and its eUICC.
      public let target: ProfileTarget
      /// The SM-DP, by the name under which the SM-SR knows it; nil takes back what was allowed.
      public let smdpId: String?

      /// Both.
      public init(target: ProfileTarget, smdpId: String?) { (self.target, self.smdpId) = (target, smdpId) }

      public init(json: JSONObject) throws(JSONError) {
        (target, smdpId) = (try ProfileTarget(json: json), try json.textIfPresent("smdpId", atMost: 128))
      }

      public var json: JSONObject {
        var json = target.json
        json.set("smdpId", smdpId)
        return json
      }
    }
  }

  /// SGP.02 §5.5: the profile is enabled when the network is lost.
  public enum SetFallbackAttribute: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/setFallbackAttribute"
    public typealias Request = ProfileTarget
    public typealias Response = NoFields
  }

  /// *Ours*: the eUICC, asked through its SM-SR, tells what it is and signs the operator's nonce: a certificate that was
  /// copied proves nothing.
  public enum IdentifyEUICC: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/identifyEUICC"

    /// `{ eid, proof }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC.
      public let eid: EID
      /// Who asks, and the nonce.
      public let proof: IdentityProof

      /// Both.
      public init(eid: EID, proof: IdentityProof) { (self.eid, self.proof) = (eid, proof) }

      public init(json: JSONObject) throws(JSONError) {
        (eid, proof) = (try json.eid(), try json.message("proof"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("proof", proof)
        return json
      }
    }

    /// `{ report, signature }`
    public struct Response: JSONMessage, Hashable {
      /// What the eUICC tells of itself.
      public let report: EUICCReport
      /// Its signature over the proof.
      public let signature: [UInt8]

      /// Both.
      public init(report: EUICCReport, signature: [UInt8]) { (self.report, self.signature) = (report, signature) }

      public init(json: JSONObject) throws(JSONError) {
        (report, signature) = (try json.message("report"), try json.bytes("signature"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("report", report)
        json.set("signature", base64: signature)
        return json
      }
    }
  }
}
