import APDU
import UICC

/// READ RECORD, UPDATE RECORD and INCREASE (ETSI TS 102 221 §11.1.5, §11.1.6, §11.1.8).
extension CardSession {
  static func readRecord(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.data.isEmpty else { throw StatusWordError(.wrongLength) }
    let file = try recordFile(exchange)
    try exchange.check(.read, on: file)
    let record = try record(exchange, file.node)
    return Response(file.record(record))
  }

  static func updateRecord(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let command = exchange.command
    let file = try recordFile(exchange)
    try exchange.check(.update, on: file)
    guard command.data.count == file.node.recordLength else { throw StatusWordError(.wrongLength) }
    guard file.node.structure == .cyclic else {
      file.setRecord(try record(exchange, file.node), command.data)
      return Response()
    }
    // §11.1.6: only PREVIOUS, with P1 = 00, shall be used for cyclic files: the oldest record becomes the newest.
    guard command.p2 & 0x07 == 0x03, command.p1 == 0 else { throw StatusWordError(.wrongP1P2) }
    file.push(command.data)
    exchange.channel.record = 1
    return Response()
  }

  static func increase(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let (command, added) = (exchange.command, exchange.command.data)
    // §11.1.8: P1 is 00, or 100xxxxx with a short identifier.
    guard command.p2 == 0, command.p1 == 0 || command.p1 & 0xE0 == 0x80, command.p1 != 0x9F else {
      throw StatusWordError(.wrongP1P2)
    }
    let file = try exchange.currentFile(shortIdentifier: command.p1 & 0x1F, [.cyclic])
    try exchange.check(.instruction(0x32), on: file)
    guard (1...127).contains(added.count), added.count <= file.node.recordLength else {
      throw StatusWordError(.wrongLength)
    }
    var sum = file.record(1)
    var carry = 0
    for index in sum.indices.reversed() {
      let place = sum.count - 1 - index
      let digit = place < added.count ? Int(added[added.count - 1 - place]) : 0
      carry += Int(sum[index]) + digit
      sum[index] = UInt8(truncatingIfNeeded: carry)
      carry >>= 8
    }
    guard carry == 0 else { throw StatusWordError(.maximumReached) }
    file.push(sum)
    exchange.channel.record = 1
    return Response(sum + added)
  }

  /// The file that bits 8 to 4 of P2 name: a short identifier, or 0 for the current one.
  static func recordFile(_ exchange: Exchange) throws(StatusWordError) -> CurrentFile {
    guard exchange.command.p2 >> 3 != 31 else { throw StatusWordError(.wrongP1P2) }
    return try exchange.currentFile(shortIdentifier: exchange.command.p2 >> 3, [.linearFixed, .cyclic])
  }

  /// The record that P1 and bits 3 to 1 of P2 name (Table 11.11); NEXT and PREVIOUS move the record pointer.
  private static func record(_ exchange: Exchange, _ node: FileNode) throws(StatusWordError) -> Int {
    let (p1, current, count) = (Int(exchange.command.p1), exchange.channel.record, node.recordCount)
    let isCyclic = node.structure == .cyclic
    switch exchange.command.p2 & 0x07 {
    case 0x04:
      let record = p1 == 0 ? current : p1
      guard (1...count).contains(record) else { throw StatusWordError(.recordNotFound) }
      return record
    case 0x02 where p1 == 0:
      guard current < count || isCyclic else { throw StatusWordError(.recordNotFound) }
      exchange.channel.record = current < count ? current + 1 : 1
    case 0x03 where p1 == 0:
      guard current != 1 || isCyclic else { throw StatusWordError(.recordNotFound) }
      exchange.channel.record = current > 1 ? current - 1 : count
    default: throw StatusWordError(.wrongP1P2)
    }
    return exchange.channel.record
  }
}

extension CurrentFile {
  /// Record `number`, from 1.
  func record(_ number: Int) -> [UInt8] {
    Array(content.dropFirst((number - 1) * node.recordLength).prefix(node.recordLength))
  }

  func setRecord(_ number: Int, _ bytes: [UInt8]) {
    var content = content
    let start = (number - 1) * node.recordLength
    content.replaceSubrange(start..<start + node.recordLength, with: bytes)
    files.setContent(content, of: self.number)
  }

  /// Puts `record` before the others and drops the oldest.
  func push(_ record: [UInt8]) {
    files.setContent(record + content.dropLast(node.recordLength), of: number)
  }
}
