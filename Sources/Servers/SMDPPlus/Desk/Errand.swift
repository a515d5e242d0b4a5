import Identifiers
import Store
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

extension Errand {
  /// What waits to be delivered about an order, to whomever.
  public static func waiting(for iccid: ICCID, in reader: any Reader) throws(StoreError) -> [Outbox.Pending] {
    var waiting: [Outbox.Pending] = []
    for queue in Set(Kind.allCases.map { $0.queue(of: iccid.digits) }).sorted() {
      waiting += try Outbox.pending(session: queue, in: reader)
    }
    return waiting
  }
}

extension Errand.Kind {
  /// The outbox's session: what is told one receiver about an order keeps its sequence, and a receiver that cannot be
  /// reached keeps no other waiting.
  func queue(of order: String) -> String { self == .handleDownloadProgressInfo ? order : "\(order) ES12" }

  /// The order that a queue is about.
  static func order(of queue: String) -> String { String(queue.prefix { $0 != " " }) }
}
