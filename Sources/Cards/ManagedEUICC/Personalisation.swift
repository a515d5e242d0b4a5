import Bytes
import Identifiers
import Keys
import SGP02

/// What makes an eUICC that is managed remotely out of a blank card.
public struct Personalisation: Sendable {
  /// The eUICC's identifier.
  public var eid: EID
  /// SK.ECASD.ECKA and its certificate.
  public var agreement: (key: PrivateKey, certificate: PartyCertificate)
  /// SK.ECASD.ECDSA and its certificate.
  public var signature: (key: PrivateKey, certificate: PartyCertificate)
  /// The maker's certificate, X.509 in DER.
  public var eumCertificate: [UInt8]
  /// The certificate issuer's key, under which SM-SRs and SM-DPs are certified.
  public var certificateIssuer: PublicKey
  /// The first SM-SR's key set: KIc, KID and DEK.
  public var keySet: (version: UInt8, keys: [Secret])
  /// The number that notifications go to: kind and digits (ETSI TS 102 223 §8.1).
  public var smsrAddress: [UInt8]
  /// E1: what the eUICC consists of.
  public var commonInformation: EUICCReport.CommonInformation
  /// The PIN, 8 bytes, without which the device is not told the common information; nobody is told without one.
  public var pin: Secret?
  /// The bootstrap profile, a profile package: enabled from the start, and again when the network is lost.
  public var bootstrap: [UInt8]?
  /// Day on which it was made, YYYYMMDD: it has no clock, and takes this for the earliest day that it can be.
  public var madeOn: String

  /// An eUICC of the usual make.
  public init(
    eid: EID, agreement: (key: PrivateKey, certificate: PartyCertificate),
    signature: (key: PrivateKey, certificate: PartyCertificate), eumCertificate: [UInt8],
    certificateIssuer: PublicKey, keySet: (version: UInt8, keys: [Secret]), smsrAddress: [UInt8],
    bootstrap: [UInt8]?, madeOn: String
  ) {
    (self.eid, self.agreement, self.signature) = (eid, agreement, signature)
    (self.eumCertificate, self.certificateIssuer) = (eumCertificate, certificateIssuer)
    (self.keySet, self.smsrAddress, self.bootstrap, self.madeOn) = (keySet, smsrAddress, bootstrap, madeOn)
    commonInformation = .init(
      operatingSystem: "Simurgh 1.0", platform: "GlobalPlatform 2.3, SGP.02 4.2", hardware: "software card")
  }
}
