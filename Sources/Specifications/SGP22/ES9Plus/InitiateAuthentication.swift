import CircleOfTrust
import JSON
import TLV

extension ES9Plus {
  /// SGP.22 §5.6.1: the device asks the SM-DP+ to authenticate itself.
  public enum InitiateAuthentication: ServerFunction, OutcomeFunction {
    public static let path = "/gsma/rsp2/es9plus/initiateAuthentication"
    public static let tag: TLVTag = 0xBF39
    public typealias Ok = Response
    public typealias Failure = ErrorCode

    /// ```
    /// InitiateAuthenticationRequest ::= [57] SEQUENCE {      -- BF39
    ///   euiccChallenge [1] Octet16, smdpAddress [3] UTF8String, euiccInfo1 EUICCInfo1, ... }
    /// ```
    public struct Request: TLVMessage, TLVSequence, JSONMessage, Hashable {
      /// The eUICC's challenge: 16 bytes.
      public let euiccChallenge: [UInt8]
      /// The address under which the device knows the server.
      public let smdpAddress: String
      /// The eUICC's keys and version.
      public let euiccInfo1: EUICCInfo1

      /// All fields.
      public init(euiccChallenge: [UInt8], smdpAddress: String, euiccInfo1: EUICCInfo1) {
        (self.euiccChallenge, self.smdpAddress, self.euiccInfo1) = (euiccChallenge, smdpAddress, euiccInfo1)
      }

      public static let tag: TLVTag = 0xBF39
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        euiccChallenge = try reader.octets(0x81, 16...16)
        smdpAddress = try reader.text(0x83, atMost: Limit.address)
        euiccInfo1 = try reader.read()
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x81, euiccChallenge)
        writer.write(0x83, smdpAddress)
        writer.write(euiccInfo1)
      }

      public init(json: JSONObject) throws(JSONError) {
        euiccChallenge = try json.bytes("euiccChallenge")
        guard euiccChallenge.count == 16 else { throw .invalid("euiccChallenge", "16 bytes are wanted") }
        // ES11 has the same function; some devices name the address after the server there.
        smdpAddress = try json["smdpAddress"] == nil ? json.address("smdsAddress") : json.address("smdpAddress")
        euiccInfo1 = try json.message("euiccInfo1")
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("euiccChallenge", base64: euiccChallenge)
        json.set("euiccInfo1", euiccInfo1)
        json.set("smdpAddress", smdpAddress)
        return json
      }
    }

    /// ```
    /// InitiateAuthenticationOkEs9 ::= SEQUENCE {
    ///   transactionId [0] TransactionId,           serverSigned1 ServerSigned1,
    ///   serverSignature1 [APPLICATION 55] OCTET STRING,
    ///   euiccCiPKIdToBeUsed SubjectKeyIdentifier,  serverCertificate Certificate, ... }
    /// ```
    public struct Response: TLVSequence, JSONMessage, Hashable {
      /// The session that begins.
      public let transactionId: TransactionId
      /// What the server signed.
      public let serverSigned1: Verbatim<ServerSigned1>
      /// Its signature.
      public let serverSignature1: [UInt8]
      /// The CI key under which the eUICC is to answer.
      public let euiccCiPKIdToBeUsed: KeyIdentifier
      /// CERT.DPauth.
      public let serverCertificate: Certificate

      /// All fields.
      public init(
        transactionId: TransactionId, serverSigned1: Verbatim<ServerSigned1>, serverSignature1: [UInt8],
        euiccCiPKIdToBeUsed: KeyIdentifier, serverCertificate: Certificate
      ) {
        self.transactionId = transactionId
        (self.serverSigned1, self.serverSignature1) = (serverSigned1, serverSignature1)
        (self.euiccCiPKIdToBeUsed, self.serverCertificate) = (euiccCiPKIdToBeUsed, serverCertificate)
      }

      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        transactionId = try reader.read(0x80)
        serverSigned1 = try reader.read(.sequence)
        serverSignature1 = try reader.signature()
        euiccCiPKIdToBeUsed = try reader.read()
        serverCertificate = try reader.read()
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x80, transactionId)
        writer.write(.sequence, serverSigned1)
        writer.write(.signature, serverSignature1)
        writer.write(euiccCiPKIdToBeUsed)
        writer.write(serverCertificate)
      }

      public init(json: JSONObject) throws(JSONError) {
        transactionId = try json.transactionId()
        serverSigned1 = try json.verbatim("serverSigned1", .sequence)
        serverSignature1 = try json.signature("serverSignature1")
        euiccCiPKIdToBeUsed = try json.message("euiccCiPKIdToBeUsed")
        serverCertificate = try json.message("serverCertificate")
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(transactionId)
        json.set("serverSigned1", serverSigned1)
        json.set("serverSignature1", signature: serverSignature1)
        json.set("euiccCiPKIdToBeUsed", euiccCiPKIdToBeUsed)
        json.set("serverCertificate", serverCertificate)
        return json
      }

      /// SGP.22 §3.0.1: what the device gives to the eUICC next.
      public func authenticateServerRequest(ctxParams1: CtxParams1) -> ES10b.AuthenticateServer.Request {
        ES10b.AuthenticateServer.Request(
          serverSigned1: serverSigned1, serverSignature1: serverSignature1, euiccCiPKIdToBeUsed: euiccCiPKIdToBeUsed,
          serverCertificate: serverCertificate, ctxParams1: ctxParams1)
      }
    }

    /// initiateAuthenticationError.
    public enum ErrorCode: Int, FunctionErrorCode {
      case invalidDpAddress = 1
      case euiccVersionNotSupportedByDp, ciPKNotSupported
      case undefinedError = 127
      public static let unknown = ErrorCode.undefinedError
      public static let refusals: [(refusal: Refusal, code: ErrorCode)] = [
        (.smdpAddressRefused, .invalidDpAddress), (.smdsAddressRefused, .invalidDpAddress),
        (.svnUnsupported, .euiccVersionNotSupportedByDp), (.smdsSvnUnsupported, .euiccVersionNotSupportedByDp),
        (.noCommonPublicKeyIdentifier, .ciPKNotSupported), (.noServerCertificate, .ciPKNotSupported),
        (.smdsNoCommonPublicKeyIdentifier, .ciPKNotSupported), (.smdsNoServerCertificate, .ciPKNotSupported),
      ]
    }
  }
}
