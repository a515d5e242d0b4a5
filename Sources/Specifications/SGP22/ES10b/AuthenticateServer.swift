import CircleOfTrust
import TLV

extension ES10b {
  /// SGP.22 §5.7.13: the eUICC authenticates the server and signs for it.
  public enum AuthenticateServer: CardFunction, OutcomeFunction {
    public static let tag: TLVTag = 0xBF38
    public typealias Ok = AuthenticateResponseOk
    public typealias Failure = AuthenticateResponseError
    /// ```
    /// AuthenticateServerResponse ::= [56] CHOICE {           -- BF38
    ///   authenticateResponseOk AuthenticateResponseOk, authenticateResponseError AuthenticateResponseError }
    /// ```
    public typealias Response = Outcome<AuthenticateServer>

    /// ```
    /// AuthenticateServerRequest ::= [56] SEQUENCE {          -- BF38
    ///   serverSigned1 ServerSigned1,            serverSignature1 [APPLICATION 55] OCTET STRING,
    ///   euiccCiPKIdToBeUsed SubjectKeyIdentifier (v3: OPTIONAL or empty),
    ///   serverCertificate Certificate,          ctxParams1 CtxParams1, ... }   -- CERT.XXauth
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// What the server signed.
      public var serverSigned1: Verbatim<ServerSigned1>
      /// Its signature.
      public var serverSignature1: [UInt8]
      /// The CI key under which the eUICC is to answer; nil where the server leaves the choice.
      public var euiccCiPKIdToBeUsed: KeyIdentifier?
      /// CERT.DPauth or CERT.DSauth.
      public var serverCertificate: Certificate
      /// The context, which the eUICC signs too.
      public var ctxParams1: CtxParams1

      /// All fields.
      public init(
        serverSigned1: Verbatim<ServerSigned1>, serverSignature1: [UInt8], euiccCiPKIdToBeUsed: KeyIdentifier?,
        serverCertificate: Certificate, ctxParams1: CtxParams1
      ) {
        (self.serverSigned1, self.serverSignature1) = (serverSigned1, serverSignature1)
        (self.euiccCiPKIdToBeUsed, self.serverCertificate) = (euiccCiPKIdToBeUsed, serverCertificate)
        self.ctxParams1 = ctxParams1
      }

      public static let tag: TLVTag = 0xBF38
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        serverSigned1 = try reader.read(.sequence)
        serverSignature1 = try reader.signature()
        let identifier = try reader.elementIfPresent(KeyIdentifier.tag)
        euiccCiPKIdToBeUsed = try identifier.flatMap { element throws(TLVError) in
          element.content.isEmpty ? nil : try KeyIdentifier(element)
        }
        serverCertificate = try reader.read()
        ctxParams1 = try CtxParams1(in: &reader)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(.sequence, serverSigned1)
        writer.write(.signature, serverSignature1)
        writer.write(euiccCiPKIdToBeUsed)
        writer.write(serverCertificate)
        ctxParams1.encode(to: &writer)
      }
    }
  }
}

/// ```
/// AuthenticateResponseOk ::= SEQUENCE {
///   euiccSigned1 EuiccSigned1,      euiccSignature1 [APPLICATION 55] OCTET STRING,
///   euiccCertificate Certificate,   eumCertificate Certificate, ... }
/// ```
public struct AuthenticateResponseOk: TLVSequence, Hashable {
  /// What the eUICC signed.
  public let euiccSigned1: Verbatim<EuiccSigned1>
  /// Its signature.
  public let euiccSignature1: [UInt8]
  /// CERT.EUICC.
  public let euiccCertificate: Certificate
  /// CERT.EUM.
  public let eumCertificate: Certificate

  /// All fields.
  public init(
    euiccSigned1: Verbatim<EuiccSigned1>, euiccSignature1: [UInt8], euiccCertificate: Certificate,
    eumCertificate: Certificate
  ) {
    (self.euiccSigned1, self.euiccSignature1) = (euiccSigned1, euiccSignature1)
    (self.euiccCertificate, self.eumCertificate) = (euiccCertificate, eumCertificate)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    euiccSigned1 = try reader.read(.sequence)
    euiccSignature1 = try reader.signature()
    euiccCertificate = try reader.read()
    eumCertificate = try reader.read()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.sequence, euiccSigned1)
    writer.write(.signature, euiccSignature1)
    writer.write(euiccCertificate)
    writer.write(eumCertificate)
  }
}

/// ```
/// AuthenticateResponseError ::= SEQUENCE {
///   transactionId [0] TransactionId, authenticateErrorCode AuthenticateErrorCode, ... }   -- tag 02
/// ```
public typealias AuthenticateResponseError = SessionError<AuthenticateErrorCode>

/// Why the eUICC refuses a server; those from 8 to 14 came with v3.
public enum AuthenticateErrorCode: Int, LenientEnumeration {
  case invalidCertificate = 1
  case invalidSignature, unsupportedCurve, noSessionContext, invalidOid, euiccChallengeMismatch, ciPKUnknown
  case transactionIdError, missingCrl, invalidCrlSignature, revokedCert, invalidCertOrCrlTime
  case invalidCertOrCrlConfiguration, invalidIccid
  case undefinedError = 127
  public static let unknown = AuthenticateErrorCode.undefinedError
}
