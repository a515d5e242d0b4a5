import Bytes
import Identifiers
import SecureMessages
import TLV

/// The keys with which an eUICC's ISD-R is managed over the air (SGP.02 §2.2.5.1, annex E, ISD-R keysets): from the maker
/// to the first SM-SR, sealed to it.
public struct ManagementKeySet: LastingBody, Hashable {
  // ManagementKeySet ::= SEQUENCE {
  //   eid [0] OCTET STRING, version [1] INTEGER (1..15), kic [2] OCTET STRING, kid [3] OCTET STRING,
  //   counter [4] INTEGER }
  public static let messageType = "SGP.02.ManagementKeySet"

  /// The eUICC.
  public let eid: EID
  /// The key set's version, 1 to 15.
  public let version: Int
  /// The key for ciphering, AES of 16, 24 or 32 bytes.
  public let kic: Secret
  /// The key for checksums.
  public let kid: Secret
  /// The counter of the last packet that was sent under them.
  public let counter: Int

  /// All fields.
  public init(eid: EID, version: Int, kic: Secret, kid: Secret, counter: Int = 0) {
    (self.eid, self.version, self.kic, self.kid, self.counter) = (eid, version, kic, kid, counter)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (eid, version) = (try reader.read(0x80), try reader.read(0x81))
    (kic, kid) = (Secret(try reader.read(0x82)), Secret(try reader.read(0x83)))
    counter = try reader.read(0x84)
    guard (1...15).contains(version), [kic, kid].allSatisfy({ [16, 24, 32].contains($0.bytes.count) }),
      (0..<1 << 40).contains(counter)
    else { throw .invalid(0x81, "SCP80 has key versions 1 to 15, AES keys and a counter below 2⁴⁰") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, eid)
    writer.write(0x81, version)
    writer.write(0x82, kic.bytes)
    writer.write(0x83, kid.bytes)
    writer.write(0x84, counter)
  }

  /// The SM-SR of an object identifier as a party of messages.
  public static func manager(_ oid: OID) throws(InvalidIdentifier) -> Party { try Party("smsr:\(oid)") }
}
