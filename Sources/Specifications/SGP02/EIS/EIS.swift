import Identifiers
import JSON
import SGP22
import SecureMessages

/// The eUICC Information Set: what an SM-SR's books have of one eUICC (SGP.02 §3.1, annex E).
public struct EIS: JSONMessage {
  /// What the maker signed.
  public let eumSignedInfo: Signed<EumSignedInfo>
  /// The maker's certificate, in DER.
  public let eumCertificate: [UInt8]
  /// The object identifier of the SM-SR that manages it.
  public var smsrId: String
  /// Bytes that are free.
  public var remainingMemory: Int
  /// Bytes that profiles may take in all.
  public var availableMemoryForProfiles: Int
  /// When the books were last compared with the eUICC.
  public var lastAuditDate: Instant?
  /// Its profiles; who asks sees its own.
  public var profiles: [EISProfile]

  /// All fields.
  public init(
    eumSignedInfo: Signed<EumSignedInfo>, eumCertificate: [UInt8], smsrId: String, remainingMemory: Int,
    availableMemoryForProfiles: Int, lastAuditDate: Instant? = nil, profiles: [EISProfile]
  ) {
    (self.eumSignedInfo, self.eumCertificate, self.smsrId) = (eumSignedInfo, eumCertificate, smsrId)
    (self.remainingMemory, self.availableMemoryForProfiles) = (remainingMemory, availableMemoryForProfiles)
    (self.lastAuditDate, self.profiles) = (lastAuditDate, profiles)
  }

  /// Profiles on one eUICC.
  public static let profileLimit = 64

  public init(json: JSONObject) throws(JSONError) {
    eumSignedInfo = try json.message("eumSignedInfo")
    eumCertificate = try json.bytes("eumCertificateId")
    smsrId = try json.text("smsrId", atMost: 128)
    remainingMemory = try json.integer("remainingMemory")
    availableMemoryForProfiles = try json.integer("availableMemoryForProfiles")
    let milliseconds = json["lastAuditDate"] == nil ? nil : try json.integer("lastAuditDate")
    lastAuditDate = milliseconds.map { Instant(milliseconds: Int64($0)) }
    let list = try json.objects("profiles")
    guard list.count <= Self.profileLimit, remainingMemory >= 0, availableMemoryForProfiles >= 0 else {
      throw .invalid("profiles", "there are too many, or a size is negative")
    }
    var profiles: [EISProfile] = []
    for object in list { profiles.append(try EISProfile(json: object)) }
    self.profiles = profiles
  }

  public var json: JSONObject {
    var json = JSONObject()
    json.set("eumSignedInfo", eumSignedInfo)
    json.set("eumCertificateId", base64: eumCertificate)
    json.set("smsrId", smsrId)
    json["remainingMemory"] = .number(String(remainingMemory))
    json["availableMemoryForProfiles"] = .number(String(availableMemoryForProfiles))
    json["lastAuditDate"] = lastAuditDate.map { .number(String($0.milliseconds)) }
    json["profiles"] = .array(profiles.map { .object($0.json) })
    return json
  }
}
