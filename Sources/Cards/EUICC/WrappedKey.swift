import Bytes
import Keys
import TLV

/// A private key as the card's memory keeps it: wrapped, for the one place it belongs to.
struct WrappedKey: TLVSequence {
  let curve: Curve
  let wrapped: [UInt8]

  /// Wraps `key` for the place `context`.
  init(_ key: PrivateKey, context: String, vault: KeyVault, random: any RandomSource) throws(KeyError) {
    curve = key.curve
    wrapped = try vault.wrap(key.scalar, context: context, random: random)
  }

  /// The key; only in the place it was wrapped for.
  func key(context: String, vault: KeyVault) throws(KeyError) -> PrivateKey {
    try PrivateKey(curve, scalar: vault.unwrap(wrapped, context: context).bytes)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    let name: String = try reader.read(0x80)
    guard let curve = Curve(rawValue: name) else { throw .invalid(0x80, "the curve is unknown") }
    self.curve = curve
    wrapped = try reader.read(0x81)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, curve.rawValue)
    writer.write(0x81, wrapped)
  }
}
