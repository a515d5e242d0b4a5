import APDU

/// SEARCH RECORD (ETSI TS 102 221 §11.1.7).
extension CardSession {
  static func searchRecord(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let file = try recordFile(exchange)
    try exchange.check(.read, on: file)
    let search = try Search(exchange, recordCount: file.node.recordCount)
    let (content, length) = (file.content, file.node.recordLength)
    let found = search.records.filter { number in
      search.matches(content[(number - 1) * length..<number * length])
    }
    guard let first = found.first else { throw StatusWordError(.endOfFile) }
    exchange.channel.record = first
    return Response(found.map { UInt8(truncatingIfNeeded: $0) })
  }
}

/// What is searched for, and where.
private struct Search {
  /// Where in a record the search begins.
  enum Start {
    case offset(Int)
    case after(UInt8)
  }

  let start: Start
  let pattern: [UInt8]
  /// The records to look at, in this order.
  let records: [Int]

  init(_ exchange: Exchange, recordCount count: Int) throws(StatusWordError) {
    let command = exchange.command
    var direction = command.p2 & 0x07
    switch direction {
    case 0x04, 0x05:
      (start, pattern) = (.offset(0), command.data)
    case 0x06:
      // Table 11.15: the search indication: b4 what the second byte is, b3 = 1, b2 and b1 the direction.
      guard command.data.count > 2, command.data[0] & 0xF4 == 0x04 else { throw StatusWordError(.wrongData) }
      direction = command.data[0] & 0x07
      let second = command.data[1]
      start = command.data[0] & 0x08 == 0 ? .offset(Int(second)) : .after(second)
      pattern = Array(command.data.dropFirst(2))
    default: throw StatusWordError(.wrongP1P2)
    }
    guard !pattern.isEmpty else { throw StatusWordError(.wrongLength) }
    records = try Self.records(direction, Int(command.p1), current: exchange.channel.record, count)
  }

  /// From P1 on (00: from the current record, or the first or last), or from the one beside the current record.
  private static func records(
    _ direction: UInt8, _ p1: Int, current: Int, _ count: Int
  ) throws(StatusWordError) -> [Int] {
    let isForward = direction & 0x01 == 0
    var begin: Int
    if direction & 0x02 == 0 {
      begin = p1 != 0 ? p1 : current != 0 ? current : isForward ? 1 : count
      guard begin <= count else { throw StatusWordError(.recordNotFound) }
    } else {
      guard p1 == 0 else { throw StatusWordError(.wrongP1P2) }
      begin = current == 0 ? (isForward ? 1 : count) : current + (isForward ? 1 : -1)
    }
    return isForward ? Array(stride(from: begin, through: count, by: 1)) : Array(stride(from: begin, to: 0, by: -1))
  }

  func matches(_ record: ArraySlice<UInt8>) -> Bool {
    let field: ArraySlice<UInt8>
    switch start {
    case .offset(let offset): field = record.dropFirst(offset)
    case .after(let value):
      guard let index = record.firstIndex(of: value) else { return false }
      field = record[(index + 1)...]
    }
    guard field.count >= pattern.count else { return false }
    return (field.startIndex...field.endIndex - pattern.count).contains { field[$0...].starts(with: pattern) }
  }
}
