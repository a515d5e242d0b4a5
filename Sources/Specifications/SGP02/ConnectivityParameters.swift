import TLV

/// How a profile reaches its network's short message service (SGP.02 §4.1.3.4): A0 with the service centre's address, in
/// the toolkit's form, kind and digits. HTTPS parameters (A1) are refused: there is no SCP81 here.
public struct ConnectivityParameters: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = 0xA0

  /// Kind and digits of the service centre's number (ETSI TS 102 223 §8.1): 2 to 11 bytes.
  public let serviceCentre: [UInt8]

  /// nil where it is too short or too long.
  public init?(serviceCentre: [UInt8]) {
    guard (2...11).contains(serviceCentre.count) else { return nil }
    self.serviceCentre = serviceCentre
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    serviceCentre = try reader.read(0x06)
    guard (2...11).contains(serviceCentre.count) else { throw .invalid(0x06, "an address has 2 to 11 bytes") }
  }

  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x06, serviceCentre) }
}
