import Identifiers
import TLV

/// A record of EF.DIR: one application of the card (ETSI TS 102 221 §13.1, ISO/IEC 7816-4 §12.2.3).
public struct ApplicationTemplate: TLVMessage, Hashable {
  public static let tag: TLVTag = 0x61

  /// 4F: the application's identifier.
  public var aid: AID
  /// 50: what a person may be shown.
  public var label: String?
  /// Other data objects, encoded.
  public var others: [UInt8]

  /// An application's record.
  public init(aid: AID, label: String? = nil, others: [UInt8] = []) {
    (self.aid, self.label, self.others) = (aid, label, others)
  }

  /// The template in a record of EF.DIR; nil where the record is empty (FF or 00).
  public init?(record: some Collection<UInt8>) throws(TLVError) {
    guard let first = record.first, first != 0xFF, first != 0x00 else { return nil }
    var reader = TLVReader(Array(record))
    self = try reader.read()
  }

  public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    aid = try reader.read(0x4F)
    label = try reader.readIfPresent(0x50)
    others = Array(reader.remaining)
  }

  public func encodeContent(to writer: inout TLVWriter) {
    writer.write(0x4F, aid)
    writer.write(0x50, label)
    writer.append(encoded: others)
  }
}
