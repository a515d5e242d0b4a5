import APDU
import TLV
import UICC

extension CardSession {
  /// STATUS (ETSI TS 102 221 §11.1.2).
  static func status(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let command = exchange.command
    guard command.p1 <= 2, command.data.isEmpty else { throw StatusWordError(.wrongP1P2) }
    switch command.p2 {
    case 0x0C: return Response()
    case 0x00:
      guard let files = exchange.fileSystem, exchange.channel.place == .files else {
        throw StatusWordError(.conditionsOfUse)
      }
      return Response(files.controlParameters(of: exchange.channel.directory).encoded)
    case 0x01:
      guard let file = exchange.channel.application, let aid = exchange.fileSystem?.tree[file].aid else {
        throw StatusWordError(.conditionsOfUse)
      }
      var writer = TLVWriter()
      writer.write(0x84, aid)
      return Response(writer.bytes)
    default: throw StatusWordError(.wrongP1P2)
    }
  }
}

extension FileSystem {
  /// What SELECT and STATUS tell of a file (ETSI TS 102 221 §11.1.1.3).
  func controlParameters(of file: FileNumber) -> FileControlParameters {
    let node = tree[file]
    var parameters = node.parameters
    parameters.lifeCycle = lifeCycle(of: file)
    parameters.linkPath = nil
    parameters.proprietary.fillPattern = nil
    parameters.proprietary.repeatPattern = nil
    if case .referenced(var reference)? = parameters.security, reference.file == nil {
      let isUpper = node.parent == .mf && (!node.isDirectory || node.aid != nil || file == .mf)
      reference.file = isUpper ? .accessRules : .localAccessRules
      parameters.security = .referenced(reference)
    }
    guard node.isDirectory else { return parameters }
    if node.aid != nil { parameters.fileIdentifier = .currentADF }
    parameters.shortFileIdentifier = nil
    // §11.1.1.4.6.1: the MF tells the UICC characteristics: clock stop allowed, all supply voltages.
    if file == .mf { parameters.proprietary.characteristics = parameters.proprietary.characteristics ?? 0x71 }
    let template = node.parameters.pinStatus ?? tree[.mf].parameters.pinStatus ?? PINStatusTemplate([])
    parameters.pinStatus = PINStatusTemplate(
      template.entries.map { entry in
        let pin = owner(of: entry.reference, from: file).flatMap { self.pin(entry.reference, of: $0) }
        return .init(entry.reference, usage: entry.usage, isEnabled: pin?.isEnabled ?? false)
      })
    return parameters
  }
}
