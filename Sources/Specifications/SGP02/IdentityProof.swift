import Bytes
import Identifiers
import Keys
import TLV

/// *Ours*: what an eUICC signs for who wants to know that it is the one (E1 of the founding document): the asker's name and
/// nonce. The signature is over them and the EID.
public struct IdentityProof: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = 0xBF71

  /// Who asks: an MNO's name, 1 to 64 bytes.
  public let asker: String
  /// 16 to 64 bytes that the asker chose.
  public let nonce: [UInt8]

  /// nil where the name or the nonce is too long or too short.
  public init?(asker: String, nonce: [UInt8]) {
    guard (1...64).contains(asker.utf8.count), (16...64).contains(nonce.count) else { return nil }
    (self.asker, self.nonce) = (asker, nonce)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let (asker, nonce): (String, [UInt8]) = (try reader.read(0x80), try reader.read(0x81))
    guard let proof = IdentityProof(asker: asker, nonce: nonce) else { throw .invalid(0x81, "it is too long or short") }
    self = proof
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, asker)
    writer.write(0x81, nonce)
  }

  /// What is signed: this, behind a name of the kind of message, and the EID.
  public func signedBytes(eid: EID) -> [UInt8] { Array("Simurgh eUICC identity".utf8) + encoded + eid.bytes }

  /// Whether the eUICC `eid` with the certified `key` signed it.
  public func isProven(_ signature: [UInt8], by key: PublicKey, eid: EID) -> Bool {
    key.verifies(signature, over: signedBytes(eid: eid))
  }
}
