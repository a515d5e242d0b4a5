import TLV

/// A message for another server, put into the outbox.
///
/// ```
/// Errand ::= SEQUENCE { kind [0] UTF8String, address [1] UTF8String, body [2] OCTET STRING }
/// ```
public struct Errand: TLVMessage, TLVSequence, Hashable {
  /// What is to be delivered.
  public enum Kind: String, Sendable, CaseIterable {
    /// The operator is told how a download goes (SGP.22 §5.3.5).
    case handleDownloadProgressInfo = "ES2+.HandleDownloadProgressInfo"
    /// An event is registered at the SM-DS (SGP.22 §5.9.1).
    case registerEvent = "ES12.RegisterEvent"
    /// An event is deleted there (SGP.22 §5.9.2).
    case deleteEvent = "ES12.DeleteEvent"
  }

  /// What it is.
  public let kind: Kind
  /// The receiver's host, with a port where it is not 443.
  public let address: String
  /// The request's JSON body.
  public let body: [UInt8]

  init(_ kind: Kind, to address: String, body: [UInt8]) {
    (self.kind, self.address, self.body) = (kind, address, body)
  }

  public static let tag = TLVTag.sequence

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let name: String = try reader.read(0x80)
    guard let kind = Kind(rawValue: name) else { throw .invalid(0x80, "no known kind of errand") }
    self.kind = kind
    address = try reader.read(0x81)
    body = try reader.read(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, kind.rawValue)
    writer.write(0x81, address)
    writer.write(0x82, body)
  }
}
