import CircleOfTrust
import Identifiers
import Keys
import SecureMessages
import TLV

/// What the eUICC's maker says of it and signs (SGP.02 §3.1, annex E, EUM_SIGNED_INFO).
public struct EumSignedInfo: LastingBody, Hashable {
  // EumSignedInfo ::= SEQUENCE {
  //   eid [0] OCTET STRING, eumId [1] UTF8String, productionDate [2] INTEGER, platformType [3] UTF8String,
  //   platformVersion [4] UTF8String, ecasd [5] OCTET STRING }
  public static let messageType = "SGP.02.EumSignedInfo"

  /// The eUICC.
  public let eid: EID
  /// The maker's identifier, by which servers know it.
  public let eumId: String
  /// When it was made.
  public let productionDate: Instant
  /// The card's platform.
  public let platformType: String
  /// Its version.
  public let platformVersion: String
  /// CERT.ECASD.ECKA (7F21): the certificate of the eUICC's static key for agreement.
  public let ecasd: [UInt8]

  /// All fields.
  public init(
    eid: EID, eumId: String, productionDate: Instant, platformType: String, platformVersion: String, ecasd: [UInt8]
  ) {
    (self.eid, self.eumId, self.productionDate) = (eid, eumId, productionDate)
    (self.platformType, self.platformVersion, self.ecasd) = (platformType, platformVersion, ecasd)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (eid, eumId) = (try reader.read(0x80), try reader.read(0x81))
    productionDate = try reader.readTime(0x82)
    (platformType, platformVersion) = (try reader.read(0x83), try reader.read(0x84))
    ecasd = try reader.read(0x85)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, eid)
    writer.write(0x81, eumId)
    writer.write(0x82, Int(productionDate.seconds))
    writer.write(0x83, platformType)
    writer.write(0x84, platformVersion)
    writer.write(0x85, ecasd)
  }

  /// The maker whose certificate has that key, as a party of messages.
  public static func maker(_ key: PublicKey) throws(InvalidIdentifier) -> KnownParty {
    KnownParty(try Party("eum:\(KeyIdentifier(of: key))"), key: key)
  }

  /// CERT.ECASD.ECKA, where the maker signed it for this eUICC; nil otherwise.
  public func agreementCertificate(signedBy maker: PublicKey) -> PartyCertificate? {
    guard let certificate = try? PartyCertificate(encoded: ecasd), certificate.role == .ecasdAgreement,
      certificate.eid == eid, certificate.certificate.isSigned(by: maker)
    else { return nil }
    return certificate
  }
}
