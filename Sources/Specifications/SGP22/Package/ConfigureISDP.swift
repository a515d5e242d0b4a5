import TLV

/// ```
/// ConfigureISDPRequest ::= [36] SEQUENCE { dpProprietaryData [24] DpProprietaryData OPTIONAL, ... }   -- BF24
/// ```
///
/// SGP.22 §5.5.2: makes the ISD-P and keeps the SM-DP+'s own data in it.
public struct ConfigureISDPRequest: TLVMessage, TLVSequence, Hashable {
  /// The SM-DP+'s own data, as they arrived: at most 128 bytes with tag and length.
  public let dpProprietaryData: Verbatim<DpProprietaryData>?

  /// Its one field.
  public init(dpProprietaryData: Verbatim<DpProprietaryData>?) { self.dpProprietaryData = dpProprietaryData }

  /// For the SM-DP+ with this identifier.
  public init(dpOid: OID) { self.init(dpProprietaryData: Verbatim(DpProprietaryData(dpOid: dpOid), tag: 0xB8)) }

  public static let tag: TLVTag = 0xBF24
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    dpProprietaryData = try reader.readIfPresent(0xB8)
    guard dpProprietaryData?.encoded.count ?? 0 <= 128 else { throw .invalid(0xB8, "at most 128 bytes are allowed") }
  }

  public func encodeFields(to writer: inout TLVWriter) { writer.write(0xB8, dpProprietaryData) }
}
