import TLV

extension ES10b {
  /// SGP.22 v3.1 §5.7.28: the eUICC verifies what becomes of the profile, and deletes it where that is wanted.
  public enum VerifyDeviceChange: CardFunction {
    public static let tag: TLVTag = 0xBF4B

    /// ```
    /// VerifyDeviceChangeRequest ::= [75] CHOICE {            -- BF4B
    ///   deviceChangeConfirmation [0] SEQUENCE {
    ///     smdpSigned5 SmdpSigned5, smdpSignature5 [APPLICATION 55] OCTET STRING, ... },
    ///   profileRecoveryResponse [1] SEQUENCE {
    ///     smdpSigned4 SmdpSigned4, smdpSignature4 [APPLICATION 55] OCTET STRING, ... } }
    /// ```
    public enum Request: TLVMessage, Hashable {
      case deviceChangeConfirmation(ServerWord<SmdpSigned5>)
      case profileRecoveryResponse(ServerWord<SmdpSigned4>)

      public static let tag: TLVTag = 0xBF4B

      public init(_ element: TLVElement) throws(TLVError) {
        var reader = try element.reader()
        if let word = try reader.readIfPresent(0xA1, as: ServerWord<SmdpSigned4>.self) {
          self = .profileRecoveryResponse(word)
        } else {
          self = .deviceChangeConfirmation(try reader.read(0xA0))
        }
        try reader.finish()
      }

      public func encodeContent(to writer: inout TLVWriter) {
        switch self {
        case .deviceChangeConfirmation(let word): writer.write(0xA0, word)
        case .profileRecoveryResponse(let word): writer.write(0xA1, word)
        }
      }
    }

    /// ```
    /// VerifyDeviceChangeResponse ::= [75] CHOICE {           -- BF4B
    ///   verifyDeviceChangeOk CHOICE { verifyDeviceChangeNull [0] NULL, verifyDeviceChangeData [1] DeviceChangeData },
    ///   verifyDeviceChangeError INTEGER }
    /// ```
    public enum Response: TLVMessage, Hashable {
      case ok(DeviceChangeData?)
      case error(ErrorCode)

      public static let tag: TLVTag = 0xBF4B

      public init(_ element: TLVElement) throws(TLVError) {
        var reader = try element.reader()
        if let code = try reader.readIfPresent(0x81, as: ErrorCode.self) {
          self = .error(code)
        } else {
          // A choice under an automatic tag keeps its own tag inside.
          var choice = try reader.element(0xA0).reader()
          let data = try choice.readIfPresent(0xA1, as: DeviceChangeData.self)
          if data == nil, !(try choice.element(0x80).content.isEmpty) {
            throw .invalid(0x80, "a NULL has no content")
          }
          try choice.finish()
          self = .ok(data)
        }
        try reader.finish()
      }

      public func encodeContent(to writer: inout TLVWriter) {
        switch self {
        case .ok(let data):
          writer.write(0xA0) { writer in
            if let data { writer.write(0xA1, data) } else { writer.write(0x80, bytes: []) }
          }
        case .error(let code): writer.write(0x81, code)
        }
      }
    }

    /// verifyDeviceChangeError.
    public enum ErrorCode: Int, LenientEnumeration {
      case invalidSignature = 2
      case noSession = 4
      case invalidTransactionId, unsupportedCrtValues, invalidData, profileNotInDisabledState
      case undefinedError = 127
      public static let unknown = ErrorCode.undefinedError
    }
  }
}

/// Something that the SM-DP+ signed, and the signature.
///
/// ```
/// SEQUENCE { signed Signed, signature [APPLICATION 55] OCTET STRING, ... }
/// ```
public struct ServerWord<Signed: TLVSequence & Hashable>: TLVSequence, Hashable {
  /// What it signed.
  public let signed: Verbatim<Signed>
  /// How.
  public let signature: [UInt8]

  /// Both fields.
  public init(_ signed: Verbatim<Signed>, signature: [UInt8]) { (self.signed, self.signature) = (signed, signature) }

  public static var isExtensible: Bool { true }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    signed = try reader.read(.sequence)
    signature = try reader.signature()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.sequence, signed)
    writer.write(.signature, signature)
  }
}
