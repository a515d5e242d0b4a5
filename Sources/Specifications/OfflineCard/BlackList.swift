import SecureMessages
import TLV

/// A change of the black list, from one version to another (from 0: the whole list). The issuer signs it; the serial
/// number of its term is the version it leads to.
public struct BlackListUpdate: LastingBody, Hashable {
  // BlackListUpdate ::= SEQUENCE { from [0] INTEGER, to [1] INTEGER, added [2] SEQUENCE OF CardNumber,
  //   removed [3] SEQUENCE OF CardNumber }
  public static let messageType = "B.BlackListUpdate"
  public let from: Int
  public let to: Int
  /// Cards that are barred from now on.
  public let added: [CardNumber]
  /// Cards that are not barred any more: they have expired.
  public let removed: [CardNumber]

  /// All fields.
  public init(from: Int, to: Int, added: [CardNumber], removed: [CardNumber]) {
    (self.from, self.to, self.added, self.removed) = (from, to, added, removed)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (from, to) = (try reader.read(0x80), try reader.read(0x81))
    guard from >= 0, to >= from else { throw .invalid(0x81, "versions go up") }
    added = try reader.readNumbers(0xA2)
    removed = try reader.readNumbers(0xA3)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, from)
    writer.write(0x81, to)
    writer.writeNumbers(0xA2, added)
    writer.writeNumbers(0xA3, removed)
  }
}

extension TLVReader {
  fileprivate mutating func readNumbers(_ tag: TLVTag) throws(TLVError) -> [CardNumber] {
    var reader = try element(tag).reader()
    var list: [CardNumber] = []
    while !reader.isAtEnd { list.append(try reader.read(.octetString)) }
    return list
  }
}

extension TLVWriter {
  fileprivate mutating func writeNumbers(_ tag: TLVTag, _ list: [CardNumber]) {
    write(tag) { writer in for number in list { writer.write(.octetString, number) } }
  }
}
