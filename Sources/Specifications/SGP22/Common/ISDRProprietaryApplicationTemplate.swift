import TLV

/// What the ISD-R tells when it is selected (SGP.22 §5.7.1).
///
/// ```
/// ISDRProprietaryApplicationTemplate ::= [PRIVATE 0] SEQUENCE {   -- E0
///   svn [2] VersionType, lpaeSupport BIT STRING OPTIONAL, ... }
/// ```
public struct ISDRProprietaryApplicationTemplate: TLVMessage, TLVSequence, Hashable {
  /// The bits of lpaeSupport.
  public enum LpaeSupport: Int, CaseIterable, Sendable { case lpaeUsingCat, lpaeUsingScws }

  /// Version of SGP.22.
  public var svn: VersionType
  /// How the eUICC's own LPA works, where it has one.
  public var lpaeSupport: NamedBits<LpaeSupport>?

  /// Both fields.
  public init(svn: VersionType, lpaeSupport: NamedBits<LpaeSupport>? = nil) {
    (self.svn, self.lpaeSupport) = (svn, lpaeSupport)
  }

  public static let tag: TLVTag = 0xE0
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    svn = try reader.read(0x82)
    lpaeSupport = try reader.readIfPresent(.bitString)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x82, svn)
    writer.write(.bitString, lpaeSupport)
  }
}
