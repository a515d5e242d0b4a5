import APDU
import TLV

/// RETRIEVE DATA and SET DATA (ETSI TS 102 221 §11.3).
extension CardSession {
  static func retrieveData(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let file = try dataFile(exchange)
    try exchange.check(.read, on: file)
    var transfer: DataTransfer
    if exchange.command.isFirstBlock {
      guard let tag = Self.tag(exchange.command.data) else { throw StatusWordError(.wrongData) }
      let objects = try Self.objects(file.content)
      if tag == 0x5C {
        var writer = TLVWriter()
        writer.write(0x5C) { list in for object in objects { list.append(object.tag) } }
        transfer = DataTransfer(isIncoming: false, file: file.number, bytes: writer.bytes)
      } else {
        guard let object = objects.first(where: { $0.tag == tag }) else {
          throw StatusWordError(.referencedDataNotFound)
        }
        transfer = DataTransfer(isIncoming: false, file: file.number, bytes: Array(object.encoded))
      }
    } else {
      guard let going = exchange.channel.transfer, !going.isIncoming, going.file == file.number,
        exchange.command.data.isEmpty
      else { throw StatusWordError(.conditionsOfUse) }
      transfer = going
    }
    let block = Array(transfer.bytes[transfer.offset...].prefix(min(exchange.command.le ?? 256, 256)))
    transfer.offset += block.count
    let isLast = transfer.offset == transfer.bytes.count
    exchange.channel.transfer = isLast ? nil : transfer
    // §11.3.1.3: 62F1: more data available.
    return Response(block, isLast ? .ok : 0x62F1)
  }

  static func setData(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let file = try dataFile(exchange)
    try exchange.check(.update, on: file)
    var bytes = exchange.command.data
    guard !bytes.isEmpty else { throw StatusWordError(.wrongLength) }
    if exchange.command.isFirstBlock {
      exchange.channel.transfer = nil
      // §11.3.2: a tag alone deletes the object.
      if let tag = Self.tag(bytes) {
        try store(nil, tag, in: file)
        return Response()
      }
    } else {
      guard let going = exchange.channel.transfer, going.isIncoming, going.file == file.number else {
        throw StatusWordError(.conditionsOfUse)
      }
      bytes = going.bytes + bytes
    }
    guard let total = Self.length(bytes) else { throw StatusWordError(.wrongData) }
    guard bytes.count <= total else { throw StatusWordError(.wrongData) }
    guard total <= file.limit else { throw StatusWordError(.notEnoughMemory) }
    guard bytes.count == total else {
      exchange.channel.transfer = DataTransfer(isIncoming: true, file: file.number, bytes: bytes)
      // §11.3.2.3: 63F1: more data expected.
      return Response([], 0x63F1)
    }
    guard let object = try? TLVElement(bytes) else { throw StatusWordError(.wrongData) }
    try store(bytes, object.tag, in: file)
    exchange.channel.transfer = nil
    return Response()
  }

  private static func dataFile(_ exchange: Exchange) throws(StatusWordError) -> CurrentFile {
    let command = exchange.command
    // Table 11.33: b8 first block; b5 to b1 a short identifier, or 0.
    guard command.p1 == 0, command.p2 & 0x60 == 0, command.p2 & 0x1F != 0x1F else { throw StatusWordError(.wrongP1P2) }
    return try exchange.currentFile(shortIdentifier: command.p2 & 0x1F, [.berTLV])
  }

  private static func objects(_ content: [UInt8]) throws(StatusWordError) -> [TLVElement] {
    var reader = TLVReader(content)
    var objects: [TLVElement] = []
    do {
      while let first = reader.remaining.first, first != 0xFF { objects.append(try reader.element()) }
    } catch {
      throw StatusWordError(.memoryProblem)
    }
    return objects
  }

  /// Puts the object in its place, or removes it.
  private static func store(_ object: [UInt8]?, _ tag: TLVTag, in file: CurrentFile) throws(StatusWordError) {
    let objects = try objects(file.content)
    guard object != nil || objects.contains(where: { $0.tag == tag }) else {
      throw StatusWordError(.referencedDataNotFound)
    }
    let others = objects.filter { $0.tag != tag }.flatMap(\.encoded)
    let content = others + (object ?? [])
    guard content.count <= file.limit else { throw StatusWordError(.notEnoughMemory) }
    file.files.setContent(content, of: file.number)
  }

  /// The tag that `bytes` is, and nothing else.
  private static func tag(_ bytes: [UInt8]) -> TLVTag? {
    let reader = TLVReader(bytes)
    guard let tag = reader.nextTag, tag.length == bytes.count else { return nil }
    return tag
  }

  /// How long the object that begins with `bytes` is; nil where its header is malformed or not there as a whole.
  private static func length(_ bytes: [UInt8]) -> Int? {
    guard let tag = TLVReader(bytes).nextTag, bytes.count > tag.length else { return nil }
    let first = bytes[tag.length]
    guard first > 0x80 else { return first == 0x80 ? nil : tag.length + 1 + Int(first) }
    let count = Int(first & 0x7F)
    guard count <= 3, bytes.count > tag.length + count else { return nil }
    let value = bytes[(tag.length + 1)...].prefix(count).reduce(0) { $0 << 8 | Int($1) }
    return tag.length + 1 + count + value
  }
}

extension Command {
  fileprivate var isFirstBlock: Bool { p2 & 0x80 != 0 }
}

extension CurrentFile {
  /// The most bytes that the file's data objects may take together.
  fileprivate var limit: Int { max(node.parameters.proprietary.maximumFileSize ?? 0, node.size) }
}
