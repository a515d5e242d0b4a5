import Bytes
import TLV

/// ```
/// ReplaceSessionKeysRequest ::= [38] SEQUENCE {              -- BF26
///   initialMacChainingValue OCTET STRING, ppkEnc OCTET STRING, ppkCmac OCTET STRING, ... }
/// ```
///
/// SGP.22 §5.5.4: gives the keys under which the profile elements were protected beforehand.
public struct ReplaceSessionKeysRequest: TLVMessage, TLVSequence, Hashable {
  /// First MAC chaining value: 16 bytes.
  public let initialMacChainingValue: [UInt8]
  /// PPK-ENC: 16 bytes.
  public let ppkEnc: Secret
  /// PPK-MAC: 16 bytes.
  public let ppkCmac: Secret

  /// All fields.
  public init(initialMacChainingValue: [UInt8], ppkEnc: Secret, ppkCmac: Secret) {
    (self.initialMacChainingValue, self.ppkEnc, self.ppkCmac) = (initialMacChainingValue, ppkEnc, ppkCmac)
  }

  public static let tag: TLVTag = 0xBF26
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    // SGP.22 §5.5.4: the keys SHALL have the length of the session keys.
    initialMacChainingValue = try reader.octets(0x80, 16...16)
    ppkEnc = Secret(try reader.octets(0x81, 16...16))
    ppkCmac = Secret(try reader.octets(0x82, 16...16))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, initialMacChainingValue)
    writer.write(0x81, ppkEnc)
    writer.write(0x82, ppkCmac)
  }
}
