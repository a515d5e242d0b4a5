import TLV

/// What the eUICC signs to authenticate itself (SGP.22 §5.7.13).
///
/// ```
/// EuiccSigned1 ::= SEQUENCE {
///   transactionId [0] TransactionId,  serverAddress [3] UTF8String, serverChallenge [4] Octet16,
///   euiccInfo2 [34] EUICCInfo2,       ctxParams1 CtxParams1, ... }
/// ```
public struct EuiccSigned1: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// The server's address, as the server signed it.
  public let serverAddress: String
  /// The server's challenge: 16 bytes.
  public let serverChallenge: [UInt8]
  /// The eUICC.
  public let euiccInfo2: EUICCInfo2
  /// Matching identifier and device.
  public let ctxParams1: CtxParams1

  /// All fields.
  public init(
    transactionId: TransactionId, serverAddress: String, serverChallenge: [UInt8], euiccInfo2: EUICCInfo2,
    ctxParams1: CtxParams1
  ) {
    (self.transactionId, self.serverAddress) = (transactionId, serverAddress)
    (self.serverChallenge, self.euiccInfo2, self.ctxParams1) = (serverChallenge, euiccInfo2, ctxParams1)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    serverAddress = try reader.text(0x83, atMost: Limit.address)
    serverChallenge = try reader.octets(0x84, 16...16)
    euiccInfo2 = try reader.read()
    ctxParams1 = try CtxParams1(in: &reader)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(0x83, serverAddress)
    writer.write(0x84, serverChallenge)
    writer.write(euiccInfo2)
    ctxParams1.encode(to: &writer)
  }
}
