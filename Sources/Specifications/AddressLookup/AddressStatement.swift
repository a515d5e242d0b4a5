import Identifiers
import SecureMessages
import TLV

/// What the directory says of one eUICC and service, for a time.
public struct AddressStatement: LastingBody, Hashable {
  // AddressStatement ::= SEQUENCE {
  //   eid [0] OCTET STRING, service [1] UTF8String, server OBJECT IDENTIFIER, host [2] UTF8String }
  public static let messageType = "DE.Address"

  /// The eUICC.
  public let eid: EID
  /// What the server does for it.
  public let service: AddressedService
  /// The server's object identifier.
  public let server: OID
  /// Where it is called: a host name, with a port where it is not 443.
  public let host: String

  /// All fields.
  public init(eid: EID, service: AddressedService, server: OID, host: String) {
    (self.eid, self.service, self.server, self.host) = (eid, service, server, host)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (eid, service) = (try reader.read(0x80), try reader.read(0x81))
    (server, host) = (try reader.read(), try reader.read(0x82))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, eid)
    writer.write(0x81, service)
    writer.write(server)
    writer.write(0x82, host)
  }

  /// The directory of an object identifier as a party of messages.
  public static func directory(_ oid: OID) throws(InvalidIdentifier) -> Party { try Party("directory:\(oid)") }
}
