import APDU

/// READ BINARY and UPDATE BINARY (ETSI TS 102 221 §11.1.3, §11.1.4).
extension CardSession {
  static func readBinary(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.data.isEmpty else { throw StatusWordError(.wrongLength) }
    let (file, offset) = try place(exchange)
    try exchange.check(.read, on: file)
    let content = file.content
    guard offset < content.count else { throw StatusWordError(.wrongOffset) }
    return Response(Array(content[offset...].prefix(exchange.command.le ?? 256)))
  }

  static func updateBinary(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let data = exchange.command.data
    guard !data.isEmpty else { throw StatusWordError(.wrongLength) }
    let (file, offset) = try place(exchange)
    try exchange.check(.update, on: file)
    var content = file.content
    guard offset < content.count else { throw StatusWordError(.wrongOffset) }
    guard offset + data.count <= content.count else { throw StatusWordError(.wrongLength) }
    content.replaceSubrange(offset..<offset + data.count, with: data)
    file.files.setContent(content, of: file.number)
    return Response()
  }

  /// Table 11.10: b8 of P1 set: b5 to b1 are a short identifier and P2 is the offset; else P1 and P2 are the offset.
  private static func place(_ exchange: Exchange) throws(StatusWordError) -> (CurrentFile, Int) {
    let (p1, p2) = (exchange.command.p1, exchange.command.p2)
    guard p1 & 0x80 != 0 else {
      return (try exchange.currentFile(shortIdentifier: nil, [.transparent]), Int(p1) << 8 | Int(p2))
    }
    guard p1 & 0x60 == 0, (1...30).contains(p1 & 0x1F) else { throw StatusWordError(.wrongP1P2) }
    return (try exchange.currentFile(shortIdentifier: p1 & 0x1F, [.transparent]), Int(p2))
  }
}
