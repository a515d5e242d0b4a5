import Identifiers
import JSON
import SGP22

/// Between two SM-SRs, of which the second takes over an eUICC from the first (SGP.02 §3.8, §5.6).
public enum ES7 {
  /// SGP.02 §5.6, HandoverEUICCInformation: the SM-SR hands over what its books have of the eUICC. Until the other one has
  /// taken over, or will not, the call is refused with 1.2/4.4, and the same call again asks how it went.
  public enum HandoverEUICCInformation: ServerFunction {
    public static let path = "/simurgh/sgp02/es7/handoverEUICCInformation"
    public typealias Response = NoFields

    /// `{ eid, eis, keySetVersion }`
    public struct Request: JSONMessage {
      /// The eUICC.
      public let eid: EID
      /// Its information set, without keys.
      public let eis: EIS
      /// The version of the ISD-R's key set that is in use: the new one gets another.
      public let keySetVersion: Int

      /// All fields.
      public init(eid: EID, eis: EIS, keySetVersion: Int) {
        (self.eid, self.eis, self.keySetVersion) = (eid, eis, keySetVersion)
      }

      public init(json: JSONObject) throws(JSONError) {
        (eid, eis) = (try json.eid(), try EIS(json: json.object("eis")))
        keySetVersion = try json.integer("keySetVersion")
        guard (1...15).contains(keySetVersion) else { throw .invalid("keySetVersion", "1 to 15 is wanted") }
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("eis", eis.json)
        json["keySetVersion"] = .number(String(keySetVersion))
        return json
      }
    }
  }

  /// SGP.02 §5.6, AuthenticateSMSR: the new SM-SR shows the eUICC its certificate through the old one's channel.
  public enum AuthenticateSMSR: ServerFunction {
    public static let path = "/simurgh/sgp02/es7/authenticateSMSR"

    /// `{ eid, smsrCertificate }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC.
      public let eid: EID
      /// CERT.SR.ECDSA (7F21).
      public let smsrCertificate: [UInt8]

      /// Both fields.
      public init(eid: EID, smsrCertificate: [UInt8]) { (self.eid, self.smsrCertificate) = (eid, smsrCertificate) }

      public init(json: JSONObject) throws(JSONError) {
        (eid, smsrCertificate) = (try json.eid(), try json.bytes("smsrCertificate"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("smsrCertificate", base64: smsrCertificate)
        return json
      }
    }

    /// `{ randomChallenge }`
    public struct Response: JSONMessage, Hashable {
      /// RC: what the eUICC wants signed.
      public let randomChallenge: [UInt8]

      /// Its one field.
      public init(randomChallenge: [UInt8]) { self.randomChallenge = randomChallenge }

      public init(json: JSONObject) throws(JSONError) { randomChallenge = try json.bytes("randomChallenge") }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("randomChallenge", base64: randomChallenge)
        return json
      }
    }
  }

  /// SGP.02 §5.6, CreateAdditionalKeySet: the new SM-SR and the eUICC agree on a key set through the old one's channel.
  public enum CreateAdditionalKeySet: ServerFunction {
    public static let path = "/simurgh/sgp02/es7/createAdditionalKeySet"

    /// `{ eid, keySetEstablishment }`: template, one-time key and signature as the eUICC reads them.
    public struct Request: JSONMessage, Hashable {
      /// The eUICC.
      public let eid: EID
      /// Which keys are wanted, ePK.SR.ECKA, and the signature.
      public let establishment: KeySetEstablishment

      /// Both fields.
      public init(eid: EID, establishment: KeySetEstablishment) {
        (self.eid, self.establishment) = (eid, establishment)
      }

      public init(json: JSONObject) throws(JSONError) {
        eid = try json.eid()
        do { establishment = try KeySetEstablishment(encoded: json.bytes("keySetEstablishment")) } catch let error
          as JSONError
        { throw error } catch { throw .invalid("keySetEstablishment", "\(error)") }
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set("keySetEstablishment", base64: establishment.encoded)
        return json
      }
    }

    /// `{ derivationRandom, receipt }`
    public struct Response: JSONMessage, Hashable {
      /// What the eUICC answered.
      public let answer: KeySetEstablishment.Answer

      /// Its two fields.
      public init(answer: KeySetEstablishment.Answer) { self.answer = answer }

      public init(json: JSONObject) throws(JSONError) {
        answer = .init(derivationRandom: try json.bytes("derivationRandom"), receipt: try json.bytes("receipt"))
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("derivationRandom", base64: answer.derivationRandom)
        json.set("receipt", base64: answer.receipt)
        return json
      }
    }
  }
}
