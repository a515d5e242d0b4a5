import CircleOfTrust
import TLV

extension ES10b {
  /// SGP.22 §5.7.5: the eUICC verifies the SM-DP+'s wish to bind a profile and makes a one-time key.
  public enum PrepareDownload: CardFunction, OutcomeFunction {
    public static let tag: TLVTag = 0xBF21
    public typealias Ok = PrepareDownloadResponseOk
    public typealias Failure = PrepareDownloadResponseError
    /// ```
    /// PrepareDownloadResponse ::= [33] CHOICE {              -- BF21
    ///   downloadResponseOk PrepareDownloadResponseOk, downloadResponseError PrepareDownloadResponseError }
    /// ```
    public typealias Response = Outcome<PrepareDownload>

    /// ```
    /// PrepareDownloadRequest ::= [33] SEQUENCE {             -- BF21
    ///   smdpSigned2 SmdpSigned2,        smdpSignature2 [APPLICATION 55] OCTET STRING,
    ///   hashCc Octet32 OPTIONAL,        smdpCertificate Certificate, ... }   -- CERT.DPpb
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// What the SM-DP+ signed.
      public var smdpSigned2: Verbatim<SmdpSigned2>
      /// Its signature.
      public var smdpSignature2: [UInt8]
      /// The hashed confirmation code: 32 bytes.
      public var hashCc: [UInt8]?
      /// CERT.DPpb.
      public var smdpCertificate: Certificate

      /// All fields.
      public init(
        smdpSigned2: Verbatim<SmdpSigned2>, smdpSignature2: [UInt8], hashCc: [UInt8]?, smdpCertificate: Certificate
      ) {
        (self.smdpSigned2, self.smdpSignature2) = (smdpSigned2, smdpSignature2)
        (self.hashCc, self.smdpCertificate) = (hashCc, smdpCertificate)
      }

      public static let tag: TLVTag = 0xBF21
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        smdpSigned2 = try reader.read(.sequence)
        smdpSignature2 = try reader.signature()
        hashCc = try reader.octetsIfPresent(.octetString, 32...32)
        smdpCertificate = try reader.read()
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(.sequence, smdpSigned2)
        writer.write(.signature, smdpSignature2)
        writer.write(.octetString, hashCc)
        writer.write(smdpCertificate)
      }
    }
  }
}

/// ```
/// PrepareDownloadResponseOk ::= SEQUENCE {
///   euiccSigned2 EUICCSigned2, euiccSignature2 [APPLICATION 55] OCTET STRING, ... }
/// ```
public struct PrepareDownloadResponseOk: TLVSequence, Hashable {
  /// What the eUICC signed.
  public let euiccSigned2: Verbatim<EUICCSigned2>
  /// Its signature.
  public let euiccSignature2: [UInt8]

  /// Both fields.
  public init(euiccSigned2: Verbatim<EUICCSigned2>, euiccSignature2: [UInt8]) {
    (self.euiccSigned2, self.euiccSignature2) = (euiccSigned2, euiccSignature2)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    euiccSigned2 = try reader.read(.sequence)
    euiccSignature2 = try reader.signature()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.sequence, euiccSigned2)
    writer.write(.signature, euiccSignature2)
  }
}

/// ```
/// PrepareDownloadResponseError ::= SEQUENCE {
///   transactionId [0] TransactionId, downloadErrorCode DownloadErrorCode, ... }   -- tag 02
/// ```
public typealias PrepareDownloadResponseError = SessionError<DownloadErrorCode>

/// Why the eUICC refuses a download.
public enum DownloadErrorCode: Int, LenientEnumeration {
  case invalidCertificate = 1
  case invalidSignature, unsupportedCurve, noSessionContext, invalidTransactionId
  case undefinedError = 127
  public static let unknown = DownloadErrorCode.undefinedError
}
