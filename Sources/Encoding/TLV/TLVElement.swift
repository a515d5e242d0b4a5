/// One tag, length and value as it arrived, without copies.
public struct TLVElement: Sendable, Equatable {
  /// The element's tag.
  public let tag: TLVTag
  /// The value's bytes.
  public var content: ArraySlice<UInt8> { encoded[contentStart...] }
  /// TLVTag, length and value: the bytes that a signature covers.
  public let encoded: ArraySlice<UInt8>
  private let contentStart: Int
  /// How deep the element stands in what was first read, the outermost being 1.
  let depth: Int

  /// The element that `bytes` is, all of them.
  public init(_ bytes: [UInt8]) throws(TLVError) { try self.init(bytes[...]) }

  /// The element that `bytes` is, all of them.
  public init(_ bytes: ArraySlice<UInt8>) throws(TLVError) {
    var reader = TLVReader(bytes)
    self = try reader.element()
    try reader.finish()
  }

  init(tag: TLVTag, encoded: ArraySlice<UInt8>, contentStart: Int, depth: Int) {
    (self.tag, self.encoded, self.contentStart, self.depth) = (tag, encoded, contentStart, depth)
  }

  /// The elements that the value consists of.
  public func children() throws(TLVError) -> [TLVElement] {
    var reader = try self.reader()
    var result: [TLVElement] = []
    while !reader.isAtEnd { result.append(try reader.element()) }
    return result
  }

  /// A reader of the elements that the value consists of.
  public func reader() throws(TLVError) -> TLVReader {
    guard depth < TLVReader.depthLimit else { throw .tooDeep }
    return TLVReader(content, depth: depth)
  }
}
