import TLV

extension ES10b {
  /// SGP.22 v3.1 §5.7.27: the eUICC verifies the SM-DP+'s words and signs that its person wants the profile handed on.
  public enum PrepareDeviceChange: CardFunction, OutcomeFunction {
    public static let tag: TLVTag = 0xBF4D
    public typealias Ok = PrepareDeviceChangeResponseOk
    public typealias Failure = SessionError<DownloadErrorCode>
    /// ```
    /// PrepareDeviceChangeResponse ::= [77] CHOICE {          -- BF4D
    ///   downloadResponseOk PrepareDeviceChangeResponseOk, downloadResponseError PrepareDeviceChangeResponseError }
    /// ```
    public typealias Response = Outcome<PrepareDeviceChange>

    /// ```
    /// PrepareDeviceChangeRequest ::= [77] SEQUENCE {         -- BF4D
    ///   smdpSigned4 SmdpSigned4, smdpSignature4 [APPLICATION 55] OCTET STRING, hashCc Octet32 OPTIONAL, ... }
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// What the SM-DP+ signed.
      public var smdpSigned4: Verbatim<SmdpSigned4>
      /// Its signature.
      public var smdpSignature4: [UInt8]
      /// The hashed confirmation code: 32 bytes.
      public var hashCc: [UInt8]?

      /// All fields.
      public init(smdpSigned4: Verbatim<SmdpSigned4>, smdpSignature4: [UInt8], hashCc: [UInt8]? = nil) {
        (self.smdpSigned4, self.smdpSignature4, self.hashCc) = (smdpSigned4, smdpSignature4, hashCc)
      }

      public static let tag: TLVTag = 0xBF4D
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        smdpSigned4 = try reader.read(.sequence)
        smdpSignature4 = try reader.signature()
        hashCc = try reader.octetsIfPresent(.octetString, 32...32)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(.sequence, smdpSigned4)
        writer.write(.signature, smdpSignature4)
        writer.write(.octetString, hashCc)
      }
    }
  }
}

/// ```
/// PrepareDeviceChangeResponseOk ::= SEQUENCE {
///   euiccSigned3 EUICCSigned3, euiccSignature3 [APPLICATION 55] OCTET STRING, ... }
/// ```
public struct PrepareDeviceChangeResponseOk: TLVSequence, Hashable {
  /// What the eUICC signed.
  public let euiccSigned3: Verbatim<EUICCSigned3>
  /// Its signature.
  public let euiccSignature3: [UInt8]

  /// Both fields.
  public init(euiccSigned3: Verbatim<EUICCSigned3>, euiccSignature3: [UInt8]) {
    (self.euiccSigned3, self.euiccSignature3) = (euiccSigned3, euiccSignature3)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    euiccSigned3 = try reader.read(.sequence)
    euiccSignature3 = try reader.signature()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.sequence, euiccSigned3)
    writer.write(.signature, euiccSignature3)
  }
}
