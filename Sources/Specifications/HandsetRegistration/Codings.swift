import Bytes
import Identifiers
import Keys
import TLV

// How values of other rooms stand in this system's messages.

/// A P-256 public key as its 65 bytes of uncompressed point; what is off the curve is not read.
struct KeyPoint: TLVContent {
  let key: PublicKey

  init(_ key: PublicKey) { self.key = key }

  init(_ element: TLVElement) throws(TLVError) {
    do { key = try PublicKey(.p256, point: element.content) } catch { throw .invalid(element.tag, "\(error)") }
  }

  func encodeContent(to writer: inout TLVWriter) { key.point.encodeContent(to: &writer) }
}

extension TLVReader {
  mutating func key(_ tag: TLVTag) throws(TLVError) -> PublicKey { try read(tag, as: KeyPoint.self).key }

  /// A text of at most `limit` bytes.
  mutating func text(_ tag: TLVTag, limit: Int) throws(TLVError) -> String {
    let text: String = try read(tag)
    guard text.utf8.count <= limit else { throw .invalid(tag, "at most \(limit) bytes are wanted") }
    return text
  }

  /// At most 32 texts of at most 64 bytes, each under 0C.
  mutating func texts(_ tag: TLVTag) throws(TLVError) -> [String] {
    var reader = try element(tag).reader()
    var list: [String] = []
    while !reader.isAtEnd {
      guard list.count < 32 else { throw .invalid(tag, "at most 32 texts are wanted") }
      list.append(try reader.text(.utf8String, limit: 64))
    }
    return list
  }
}

extension TLVWriter {
  mutating func write(_ tag: TLVTag, key: PublicKey) { write(tag, KeyPoint(key)) }

  mutating func write(_ tag: TLVTag, texts: [String]) {
    write(tag) { writer in for text in texts { writer.write(.utf8String, text) } }
  }
}

extension ModuleNumber: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    guard let number = ModuleNumber(Array(element.content)) else {
      throw .invalid(element.tag, "a module number has 8 bytes")
    }
    self = number
  }

  public func encodeContent(to writer: inout TLVWriter) { bytes.encodeContent(to: &writer) }
}
