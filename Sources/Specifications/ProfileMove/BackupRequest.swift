import Identifiers
import SecureMessages
import TLV

/// The provider asks the secure element for a backup of one profile (step 525): signed with CERT.DPpb's key, for a time.
public struct BackupRequest: LastingBody, Hashable {
  // BackupRequest ::= SEQUENCE { profile [0] OCTET STRING, eid [1] OCTET STRING, challenge [2] OCTET STRING,
  //   key [3] OCTET STRING (SIZE (65)), parts [4] INTEGER, applications [5] SEQUENCE OF AID OPTIONAL }
  public static let messageType = "D.BackupRequest"

  /// The profile identifier.
  public let iccid: ICCID
  /// The secure element that it is on.
  public let eid: EID
  /// Which the backup answers: it is worth nothing for another request.
  public let challenge: Challenge
  /// The point on P-256 that the backup is sealed to, made for this request.
  public let key: [UInt8]
  /// What is wanted.
  public let parts: BackupParts
  /// Of which applications; nil: of all.
  public let applications: [AID]?

  /// All fields.
  public init(
    iccid: ICCID, eid: EID, challenge: Challenge, key: [UInt8], parts: BackupParts, applications: [AID]? = nil
  ) {
    (self.iccid, self.eid, self.challenge, self.key) = (iccid, eid, challenge, key)
    (self.parts, self.applications) = (parts, applications)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    iccid = try reader.read(0x80)
    eid = try reader.read(0x81)
    challenge = try reader.read(0x82)
    key = try reader.read(0x83)
    parts = try reader.read(0x84)
    guard let list = try reader.elementIfPresent(0xA5) else {
      applications = nil
      return
    }
    var names = try list.reader()
    var applications: [AID] = []
    while !names.isAtEnd { applications.append(try names.read(0x4F)) }
    self.applications = applications
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, iccid)
    writer.write(0x81, eid)
    writer.write(0x82, challenge)
    writer.write(0x83, bytes: key)
    writer.write(0x84, parts)
    if let applications {
      writer.write(0xA5) { writer in for aid in applications { writer.write(0x4F, aid) } }
    }
  }
}
