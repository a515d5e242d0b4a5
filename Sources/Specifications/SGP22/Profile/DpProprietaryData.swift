import TLV

/// The SM-DP+'s own data in the ISD-P (SGP.22 §5.5.2).
///
/// ```
/// DpProprietaryData ::= SEQUENCE { dpOid OBJECT IDENTIFIER, ... }   -- at most 128 bytes with tag and length
/// ```
public struct DpProprietaryData: TLVSequence, Hashable {
  /// The SM-DP+ that made the profile.
  public let dpOid: OID

  /// Its one field.
  public init(dpOid: OID) { self.dpOid = dpOid }

  public static let isExtensible = true
  public init(fields reader: inout TLVReader) throws(TLVError) { dpOid = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, dpOid) }
}
