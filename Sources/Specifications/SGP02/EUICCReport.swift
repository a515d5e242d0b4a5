import Identifiers
import TLV

/// *Ours*: what an eUICC tells of itself (E1 of the founding document, and its status and technical capability report):
/// who it is with its certificates, and to whom has the right also the common information and what stands on it.
///
/// ```
/// BF70 { 5A EID, A0 { 7F21 CERT.ECASD.ECKA }, A1 { 7F21 CERT.ECASD.ECDSA }, 82 CERT.EUM, A3 { key made on request }?,
///        A4 common information?, A5 status? }
/// ```
public struct EUICCReport: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = 0xBF70

  /// The eUICC.
  public var eid: EID
  /// CERT.ECASD.ECKA (7F21): the static key.
  public var agreementCertificate: [UInt8]
  /// CERT.ECASD.ECDSA (7F21).
  public var signatureCertificate: [UInt8]
  /// The certificate of the eUICC's maker, X.509 in DER.
  public var eumCertificate: [UInt8]
  /// The certificate (7F21) of the key that was made on request, signed with the eUICC's own.
  public var keyOnRequest: [UInt8]?
  /// What the eUICC consists of.
  public var commonInformation: CommonInformation?
  /// What stands on it.
  public var status: Status?

  /// What everybody may know.
  public init(
    eid: EID, agreementCertificate: [UInt8], signatureCertificate: [UInt8], eumCertificate: [UInt8]
  ) {
    (self.eid, self.eumCertificate) = (eid, eumCertificate)
    (self.agreementCertificate, self.signatureCertificate) = (agreementCertificate, signatureCertificate)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    eid = try reader.read(0x5A)
    agreementCertificate = try reader.read(0xA0)
    signatureCertificate = try reader.read(0xA1)
    eumCertificate = try reader.read(0x82)
    keyOnRequest = try reader.readIfPresent(0xA3)
    commonInformation = try reader.readIfPresent(0xA4)
    status = try reader.readIfPresent(0xA5)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x5A, eid)
    writer.write(0xA0, agreementCertificate)
    writer.write(0xA1, signatureCertificate)
    writer.write(0x82, eumCertificate)
    writer.write(0xA3, keyOnRequest)
    writer.write(0xA4, commonInformation)
    writer.write(0xA5, status)
  }

  /// E1: the common information of the certificate profile.
  public struct CommonInformation: TLVSequence, Hashable {
    /// The card's operating system.
    public var operatingSystem: String
    /// The card's platform.
    public var platform: String
    /// The card's hardware.
    public var hardware: String

    /// All fields.
    public init(operatingSystem: String, platform: String, hardware: String) {
      (self.operatingSystem, self.platform, self.hardware) = (operatingSystem, platform, hardware)
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      (operatingSystem, platform) = (try reader.read(0x80), try reader.read(0x81))
      hardware = try reader.read(0x82)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, operatingSystem)
      writer.write(0x81, platform)
      writer.write(0x82, hardware)
    }
  }

  /// The status and technical capability report.
  public struct Status: TLVSequence, Hashable {
    /// Bytes that may still be written.
    public var freeMemory: Int
    /// The services that profile packages may demand, by name.
    public var services: String
    /// The ISD-Ps.
    public var isdps: [ISDP]

    /// All fields.
    public init(freeMemory: Int, services: String, isdps: [ISDP]) {
      (self.freeMemory, self.services, self.isdps) = (freeMemory, services, isdps)
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      (freeMemory, services) = (try reader.read(0x80), try reader.read(0x81))
      isdps = try reader.read(0xA2)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, freeMemory)
      writer.write(0x81, services)
      writer.write(0xA2, isdps)
    }
  }

  /// One ISD-P.
  public struct ISDP: TLVMessage, TLVSequence, Hashable {
    public static let tag: TLVTag = 0xE3

    /// Where an ISD-P's life stands (SGP.02 §2.2.1.3).
    public enum State: Int, TLVEnumeration {
      /// Created: it has no keys.
      case selectable = 0x07
      /// It has keys, and no profile.
      case personalised = 0x0F
      /// It has a profile that is not in use.
      case disabled = 0x1F
      /// Its profile is in use.
      case enabled = 0x3F
    }

    /// Its identifier.
    public var aid: AID
    /// Where its life stands.
    public var state: State
    /// Whether it is enabled when the network is lost.
    public var hasFallbackAttribute: Bool
    /// Its profile's number.
    public var iccid: ICCID?

    /// All fields.
    public init(aid: AID, state: State, hasFallbackAttribute: Bool, iccid: ICCID?) {
      (self.aid, self.state, self.iccid) = (aid, state, iccid)
      self.hasFallbackAttribute = hasFallbackAttribute
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      (aid, state) = (try reader.read(0x4F), try reader.read(0x9F70))
      (hasFallbackAttribute, iccid) = (try reader.read(0x53), try reader.readIfPresent(0x5A))
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x4F, aid)
      writer.write(0x9F70, state)
      writer.write(0x53, hasFallbackAttribute)
      writer.write(0x5A, iccid)
    }
  }
}
