import Identifiers
import SecureMessages
import TLV

/// Seventh embodiment: the provider sends APD, SDI and size to the registrar beforehand.
public struct DataSubmission: LastingBody, Hashable {
  // DataSubmission ::= SEQUENCE { sdi [0] StoringDataInformation, data [1] OCTET STRING }
  public static let messageType = "C.DataSubmission"
  /// Which data, completed.
  public let sdi: StoringDataInformation
  /// APD: the load file data block.
  public let data: [UInt8]

  /// A submission.
  public init(_ sdi: StoringDataInformation, data: [UInt8]) { (self.sdi, self.data) = (sdi, data) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (sdi, data) = (try reader.read(0xA0), try reader.read(0x81))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, sdi)
    writer.write(0x81, data)
  }
}

/// SDCI': the registrar's word for the data, with the signature that cards verify.
public struct DataCertificate: LastingBody, Hashable {
  // DataCertificate ::= SEQUENCE { sdi [0] StoringDataInformation, registrarDomain [1] AID, signature [2] OCTET STRING }
  public static let messageType = "C.SDCI'"
  /// Which data, completed.
  public let sdi: StoringDataInformation
  /// The registrar's domain on cards.
  public let registrarDomain: AID
  /// The load file data block signature for that domain.
  public let signature: [UInt8]

  /// A certificate.
  public init(_ sdi: StoringDataInformation, registrarDomain: AID, signature: [UInt8]) {
    (self.sdi, self.registrarDomain, self.signature) = (sdi, registrarDomain, signature)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (sdi, registrarDomain, signature) = (try reader.read(0xA0), try reader.read(0x81), try reader.read(0x82))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, sdi)
    writer.write(0x81, registrarDomain)
    writer.write(0x82, signature)
  }
}
