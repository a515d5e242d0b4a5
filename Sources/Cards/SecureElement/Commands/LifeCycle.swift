import APDU
import UICC

/// DEACTIVATE FILE and ACTIVATE FILE (ETSI TS 102 221 §11.1.14, §11.1.15).
extension CardSession {
  static func deactivateFile(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    try setLifeCycle(.deactivated, .deactivate, exchange)
  }

  static func activateFile(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    try setLifeCycle(.activated, .activate, exchange)
  }

  private static func setLifeCycle(
    _ status: LifeCycleStatus, _ operation: AccessRule.Operation, _ exchange: Exchange
  ) throws(StatusWordError) -> Response {
    guard exchange.command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard exchange.channel.place == .files, let files = exchange.fileSystem else {
      throw StatusWordError(.noCurrentEF)
    }
    let file = try subject(exchange, files)
    guard exchange.session.security.allows(operation, on: file, of: files) else {
      throw StatusWordError(.securityStatus)
    }
    guard files.lifeCycle(of: file) != .terminated else { throw StatusWordError(.conditionsOfUse) }
    files.setLifeCycle(status, of: file)
    return Response()
  }

  /// Without data the current EF, or else the current directory; P1 as in SELECT. The file becomes the current one.
  private static func subject(_ exchange: Exchange, _ files: FileSystem) throws(StatusWordError) -> FileNumber {
    let command = exchange.command
    guard let path = FileIdentifier.path(command.data) else { throw StatusWordError(.wrongLength) }
    let found: FileNumber?
    switch command.p1 {
    case 0x00 where path.isEmpty: return exchange.channel.file ?? exchange.channel.directory
    case 0x00 where path.count == 1: found = exchange.channel.find(path[0], in: files.tree)
    case 0x08, 0x09: found = try exchange.file(path: path, isAbsolute: command.p1 == 0x08, in: files)
    default: throw StatusWordError(.wrongP1P2)
    }
    guard let found else { throw StatusWordError(.fileNotFound) }
    _ = try exchange.select(found, in: files, answers: false)
    return found
  }
}
