import Identifiers
import SecureMessages
import TLV

/// How a change ended, from the receiving operator to the donor: its profile is in use, or there is no change.
public struct ChangeEnd: LastingBody, Hashable {
  // ChangeEnd ::= SEQUENCE { change [0] UTF8String, eid [1] OCTET STRING, iccid [2] OCTET STRING,
  //   newICCID [3] OCTET STRING OPTIONAL }
  public static let messageType = "E.ChangeEnd"

  /// The change.
  public let change: String
  /// The eUICC.
  public let eid: EID
  /// The donor's profile.
  public let iccid: ICCID
  /// The profile that is in use in its place; nil where the change was taken back.
  public let newICCID: ICCID?

  /// The end of what `request` asked for.
  public init(of request: ChangeRequest, newICCID: ICCID?) {
    (change, eid, iccid, self.newICCID) = (request.change, request.eid, request.iccid, newICCID)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    change = try reader.readName(0x80)
    (eid, iccid) = (try reader.read(0x81), try reader.read(0x82))
    newICCID = try reader.readIfPresent(0x83)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, change)
    writer.write(0x81, eid)
    writer.write(0x82, iccid)
    writer.write(0x83, newICCID)
  }
}
