import CircleOfTrust
import TLV

/// What the eUICC tells before anybody is authenticated (SGP.22 §5.7.8).
///
/// ```
/// EUICCInfo1 ::= [32] SEQUENCE {                             -- BF20
///   svn                            [2] VersionType,
///   euiccCiPKIdListForVerification [9] SEQUENCE OF SubjectKeyIdentifier,
///   euiccCiPKIdListForSigning      [10] SEQUENCE OF SubjectKeyIdentifier, ... }
/// ```
public struct EUICCInfo1: TLVMessage, TLVSequence, Hashable {
  /// Version of SGP.22 that the eUICC supports (v3: the lowest).
  public var svn: VersionType
  /// The CI keys that it can verify with.
  public var euiccCiPKIdListForVerification: [KeyIdentifier]
  /// The CI keys that certify its own certificates, the preferred first.
  public var euiccCiPKIdListForSigning: [KeyIdentifier]

  /// All fields.
  public init(
    svn: VersionType, euiccCiPKIdListForVerification: [KeyIdentifier], euiccCiPKIdListForSigning: [KeyIdentifier]
  ) {
    self.svn = svn
    self.euiccCiPKIdListForVerification = euiccCiPKIdListForVerification
    self.euiccCiPKIdListForSigning = euiccCiPKIdListForSigning
  }

  public static let tag: TLVTag = 0xBF20
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    svn = try reader.read(0x82)
    euiccCiPKIdListForVerification = try reader.read(0xA9)
    euiccCiPKIdListForSigning = try reader.read(0xAA)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x82, svn)
    writer.write(0xA9, euiccCiPKIdListForVerification)
    writer.write(0xAA, euiccCiPKIdListForSigning)
  }
}
