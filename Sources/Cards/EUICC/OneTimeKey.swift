import Bytes
import Keys
import SGP22
import TLV

/// otSK.EUICC.ECKA that a bound package may still need (SGP.22 §5.7.5: bppEuiccOtpk), wrapped.
struct OneTimeKey: TLVMessage, TLVSequence {
  /// How many are kept; the oldest gives way.
  static let limit = 4

  let point: [UInt8]
  let smdpOid: OID
  let key: WrappedKey

  static let tag = TLVTag.sequence

  init(_ key: PrivateKey, smdpOid: OID, vault: KeyVault, random: any RandomSource) throws(KeyError) {
    (point, self.smdpOid) = (key.publicKey.point, smdpOid)
    self.key = try WrappedKey(key, context: Self.context(point), vault: vault, random: random)
  }

  /// The private key.
  func unwrapped(by vault: KeyVault) throws(KeyError) -> PrivateKey {
    try key.key(context: Self.context(point), vault: vault)
  }

  /// The key under the current master key; nil where it is there already.
  func rewrapped(by vault: KeyVault, random: any RandomSource) throws(KeyError) -> OneTimeKey? {
    try key.rewrapped(context: Self.context(point), vault: vault, random: random)
      .map { OneTimeKey(point: point, smdpOid: smdpOid, key: $0) }
  }

  private init(point: [UInt8], smdpOid: OID, key: WrappedKey) {
    (self.point, self.smdpOid, self.key) = (point, smdpOid, key)
  }

  private static func context(_ point: [UInt8]) -> String { "otSK.EUICC.ECKA \(point.hex)" }

  init(fields reader: inout TLVReader) throws(TLVError) {
    point = try reader.read(.otpk)
    smdpOid = try reader.read(.objectIdentifier)
    key = try reader.read(0xA0)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(.otpk, point)
    writer.write(.objectIdentifier, smdpOid)
    writer.write(0xA0, key)
  }
}
