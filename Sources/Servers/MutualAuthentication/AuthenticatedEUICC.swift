import Identifiers
import Keys
import TLV

/// The eUICC that was authenticated, and with what key it signs.
///
/// ```
/// AuthenticatedEUICC ::= SEQUENCE {
///   eid [APPLICATION 26] OCTET STRING, isBrainpool [0] BOOLEAN, point [1] OCTET STRING }
/// ```
public struct AuthenticatedEUICC: TLVSequence, Hashable {
  public let eid: EID
  /// PK.EUICC.ECDSA
  public let key: PublicKey

  init(eid: EID, key: PublicKey) { (self.eid, self.key) = (eid, key) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    eid = try reader.read(.iccid)
    let isBrainpool: Bool = try reader.read(0x80)
    let point: [UInt8] = try reader.read(0x81)
    do { key = try PublicKey(isBrainpool ? .brainpoolP256r1 : .p256, point: point) } catch {
      throw .invalid(0x81, "\(error)")
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.iccid, eid)
    writer.write(0x80, key.curve == .brainpoolP256r1)
    writer.write(0x81, key.point)
  }
}
