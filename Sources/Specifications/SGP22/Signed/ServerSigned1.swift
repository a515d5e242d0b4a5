import TLV

/// What a server signs to authenticate itself (SGP.22 §5.7.13).
///
/// ```
/// ServerSigned1 ::= SEQUENCE {
///   transactionId [0] TransactionId, euiccChallenge [1] Octet16,
///   serverAddress [3] UTF8String,    serverChallenge [4] Octet16, ... }
/// ```
public struct ServerSigned1: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// The challenge that the eUICC gave: 16 bytes.
  public let euiccChallenge: [UInt8]
  /// The server's own address.
  public let serverAddress: String
  /// The server's challenge to the eUICC: 16 bytes.
  public let serverChallenge: [UInt8]

  /// All fields.
  public init(
    transactionId: TransactionId, euiccChallenge: [UInt8], serverAddress: String, serverChallenge: [UInt8]
  ) {
    (self.transactionId, self.euiccChallenge) = (transactionId, euiccChallenge)
    (self.serverAddress, self.serverChallenge) = (serverAddress, serverChallenge)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    euiccChallenge = try reader.octets(0x81, 16...16)
    serverAddress = try reader.text(0x83, atMost: Limit.address)
    serverChallenge = try reader.octets(0x84, 16...16)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(0x81, euiccChallenge)
    writer.write(0x83, serverAddress)
    writer.write(0x84, serverChallenge)
  }
}
