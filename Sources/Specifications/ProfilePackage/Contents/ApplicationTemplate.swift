import Bytes
import Identifiers
import TLV

/// A record of EF.DIR: tag 61 with identifier (4F) and label (50) (ETSI TS 102 221 §13.1).
public struct ApplicationTemplate: Hashable, Sendable {
  /// The application's identifier.
  public var aid: AID
  /// What a person may see.
  public var label: String?

  /// An application's entry.
  public init(aid: AID, label: String?) { (self.aid, self.label) = (aid, label) }

  /// The entry in a record, which is filled with FF; nil where it is none.
  public init?(_ record: some Collection<UInt8>) {
    var reader = TLVReader(Array(record))
    guard let template = try? reader.element(0x61), let parts = try? template.children(),
      let aid = parts.first(where: { $0.tag == 0x4F }).flatMap({ try? AID($0) })
    else { return nil }
    self.aid = aid
    label = parts.first { $0.tag == 0x50 }.flatMap { try? String($0) }
  }

  /// The entry without filling.
  public var bytes: [UInt8] {
    var writer = TLVWriter()
    writer.write(0x61) { writer in
      writer.write(0x4F, aid)
      writer.write(0x50, label)
    }
    return writer.bytes
  }
}

/// A text in tag 80: IMPI, domain, one IMPU, a P-CSCF's name (TS 31.103 §4.2).
public struct URIObject: Hashable, Sendable {
  /// The text.
  public var text: String

  /// An object with `text`.
  public init(_ text: String) { self.text = text }

  /// The text in a file or record, which is filled with FF; nil where it is none.
  public init?(_ content: some Collection<UInt8>) {
    var reader = TLVReader(Array(content))
    guard let text = try? reader.read(0x80, as: String.self) else { return nil }
    self.text = text
  }

  /// The object without filling.
  public var bytes: [UInt8] {
    var writer = TLVWriter()
    writer.write(0x80, text)
    return writer.bytes
  }
}
