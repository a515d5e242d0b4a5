import Bytes
import Identifiers
import Keys
import SGP22
import SecureChannel
import TLV

/// A profile bound to one eUICC's one-time key, without what belongs to one session alone: it is kept for a retry
/// (SGP.22 §3.1.3.1) together with both public keys and never with a private one.
///
/// ```
/// BoundProfile ::= SEQUENCE {
///   euiccOtpk [0] OCTET STRING, smdpOtpk [1] OCTET STRING, hostId [2] OCTET STRING,
///   sequences [3] OCTET STRING }     -- firstSequenceOf87 (A0) to sequenceOf86 (A3), encoded
/// ```
public struct BoundProfile: TLVMessage, TLVSequence, Hashable {
  /// The eUICC's one-time public key: 65 bytes.
  public let euiccOtpk: [UInt8]
  /// The SM-DP+'s one-time public key: 65 bytes.
  public let smdpOtpk: [UInt8]
  private let hostId: [UInt8]
  private let sequences: [UInt8]

  /// What is bound.
  public enum Contents: Sendable {
    /// A package as it is: it is protected under the session keys.
    case package([UInt8])
    /// A package that was protected beforehand.
    case protected(ProtectedProfile)
  }

  /// Binds `contents` with the description `metadata` (an encoded StoreMetadataRequest) to the eUICC `eid`.
  ///
  /// The one-time private key is born, agrees and dies in here. `hostId` is 1 to 16 bytes.
  public init(
    _ contents: Contents, metadata: [UInt8], dpOid: OID, hostId: [UInt8], eid: EID, euiccOtpk: PublicKey,
    random: any RandomSource
  ) throws(BindingError) {
    let keys: BSP.SessionKeys
    do {
      let oneTimeKey = PrivateKey(euiccOtpk.curve, random: random)
      keys = try BSP.SessionKeys(sharedSecret: oneTimeKey.agree(with: euiccOtpk), hostId: hostId, eid: eid)
      smdpOtpk = oneTimeKey.publicKey.point
    } catch { throw .key(error) }
    (self.euiccOtpk, self.hostId) = (euiccOtpk.point, hostId)
    sequences = try Self.sequences(contents, metadata: metadata, dpOid: dpOid, keys: keys)
  }

  private static func sequences(
    _ contents: Contents, metadata: [UInt8], dpOid: OID, keys: BSP.SessionKeys
  ) throws(BindingError) -> [UInt8] {
    var sender = BSP.Sender(keys: keys)
    func protect(_ data: [UInt8], _ tag: BSP.Tag) throws(BindingError) -> [UInt8] {
      try joined { () throws(BSPError) in try sender.protect(data, as: tag) }
    }
    let length =
      switch contents {
      case .package(let package): package.count
      case .protected(let profile): profile.segments.count
      }
    var writer = TLVWriter(capacity: length + length / 32 + metadata.count + 1024)
    // SGP.22 §2.5.4: ConfigureISDP, encrypted and MACed.
    writer.write(0xA0, bytes: try protect(ConfigureISDPRequest(dpOid: dpOid).encoded, .command))
    // SGP.22 §2.5.4: StoreMetadata, MACed only; longer metadata take several segments.
    writer.write(0xA1, bytes: try protect(metadata, .metadata))
    switch contents {
    case .package(let package):
      writer.write(0xA3, bytes: try protect(package, .profile))
    case .protected(let profile):
      let request = ReplaceSessionKeysRequest(
        initialMacChainingValue: profile.keys.initialMACChainingValue.bytes, ppkEnc: profile.keys.sENC,
        ppkCmac: profile.keys.sMAC)
      writer.write(0xA2, bytes: try protect(request.encoded, .command))
      writer.write(0xA3, bytes: profile.segments)
    }
    return writer.bytes
  }

  /// The package for the session `transactionId`, its key agreement signed by CERT.DPpb's `key`.
  ///
  /// SGP.22 §5.6.2: for a retry with the same one-time key the protected part is reused; the signature is made anew
  /// because it covers the session's identifier.
  public func package(
    transactionId: TransactionId, signedBy key: PrivateKey
  ) throws(BindingError) -> Verbatim<BoundProfilePackage> {
    let unsigned = request(transactionId: transactionId, signature: [])
    let signature: [UInt8]
    do { signature = try key.sign(Verbatim(unsigned).toBeSigned(with: euiccOtpk)) } catch { throw .key(error) }
    var writer = TLVWriter(capacity: sequences.count + 512)
    writer.write(BoundProfilePackage.tag) { writer in
      writer.write(request(transactionId: transactionId, signature: signature))
      writer.append(encoded: sequences)
    }
    do { return try Verbatim(TLVElement(writer.bytes)) } catch { throw .damaged(error) }
  }

  private func request(transactionId: TransactionId, signature: [UInt8]) -> InitialiseSecureChannelRequest {
    InitialiseSecureChannelRequest(
      transactionId: transactionId, controlRefTemplate: ControlRefTemplate(hostId: hostId), smdpOtpk: smdpOtpk,
      smdpSign: signature)
  }

  // MARK: At rest

  public static let tag = TLVTag.sequence

  public init(fields reader: inout TLVReader) throws(TLVError) {
    euiccOtpk = try reader.read(0x80)
    smdpOtpk = try reader.read(0x81)
    hostId = try reader.read(0x82)
    sequences = try reader.read(0x83)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, euiccOtpk)
    writer.write(0x81, smdpOtpk)
    writer.write(0x82, hostId)
    writer.write(0x83, sequences)
  }
}
