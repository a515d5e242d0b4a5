import Identifiers
import SecureMessages
import TLV

/// What the receiving operator asks of the donor (E3 of the founding document, negotiation and transfer of rights): to let
/// an eUICC's subscriber go.
public struct ChangeRequest: LastingBody, Hashable {
  // ChangeRequest ::= SEQUENCE { change [0] UTF8String, eid [1] OCTET STRING, iccid [2] OCTET STRING,
  //   msisdn [3] UTF8String OPTIONAL, manager [4] UTF8String OPTIONAL }
  public static let messageType = "E.ChangeRequest"

  /// The receiving operator's name for the change: 1 to 64 characters. A repetition bears the same.
  public let change: String
  /// The eUICC.
  public let eid: EID
  /// The donor's profile on it.
  public let iccid: ICCID
  /// The number that moves with the subscriber, in digits with the country code; nil where it stays.
  public let msisdn: String?
  /// The object identifier of the SM-SR that shall manage the eUICC; nil where it stays with the one it has.
  public let manager: OID?

  /// All fields.
  public init(change: String, eid: EID, iccid: ICCID, msisdn: String? = nil, manager: OID? = nil) {
    (self.change, self.eid, self.iccid, self.msisdn, self.manager) = (change, eid, iccid, msisdn, manager)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    change = try reader.readName(0x80)
    (eid, iccid) = (try reader.read(0x81), try reader.read(0x82))
    msisdn = try reader.readIfPresent(0x83)
    guard msisdn.map({ (5...15).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) ?? true
    else { throw .invalid(0x83, "5 to 15 digits are wanted") }
    let manager: String? = try reader.readIfPresent(0x84)
    self.manager = manager.flatMap { OID($0) }
    guard (manager == nil) == (self.manager == nil) else { throw .invalid(0x84, "an object identifier is wanted") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, change)
    writer.write(0x81, eid)
    writer.write(0x82, iccid)
    writer.write(0x83, msisdn)
    writer.write(0x84, manager?.description)
  }

  /// The operator called `name`, as a party of messages.
  public static func mno(_ name: String) throws(InvalidIdentifier) -> Party { try Party("mno:\(name)") }
}

extension TLVReader {
  /// A name of 1 to 64 characters.
  mutating func readName(_ tag: TLVTag) throws(TLVError) -> String {
    let name: String = try read(tag)
    guard (1...64).contains(name.utf8.count) else { throw .invalid(tag, "1 to 64 characters are wanted") }
    return name
  }
}
