import APDU
import Bytes
import GlobalPlatform
import SecureElement
import TLV
import UICC

/// An application that shows the files of its data package (commands of ETSI TS 102 221 §11.1).
extension GlobalPlatformApplication {
  static func package(_ loadFile: Int, _ registry: CardRegistry) -> DataPackage? {
    registry.memory.read(CardRegistry.key(.dataBlock, loadFile)).flatMap { try? DataPackage(encoded: $0) }
  }

  /// The bytes of the files that may be written: an application keeps its own copy of them.
  static func writableBytes(_ loadFile: Int, _ registry: CardRegistry) -> Int {
    (package(loadFile, registry)?.files ?? []).reduce(0) { sum, file in
      let condition = (try? AccessRule(file.accessRule))?.condition(for: .update) ?? .never
      return condition == .never ? sum : sum + file.content.count
    }
  }

  private func files(_ deed: Deed) throws(StatusWordError) -> [DataPackage.File] {
    guard let name = deed.object.loadFile, let (number, _) = deed.registry.findLoadFile(name),
      let package = Self.package(number, deed.registry)
    else { throw StatusWordError(.fileNotFound) }
    return package.files
  }

  /// SELECT by file identifier; by name the card selects.
  func selectFile(_ deed: Deed) throws(StatusWordError) -> Response? {
    let command = deed.command
    guard command.p1 != 0x04 else { return nil }
    guard command.p1 == 0, command.p2 & ~0x0C == 0 else { throw StatusWordError(.wrongP1P2) }
    let files = try files(deed)
    guard let identifier = FileIdentifier(command.data),
      let index = files.firstIndex(where: { $0.identifier == identifier })
    else { throw StatusWordError(.fileNotFound) }
    deed.place.file = index
    guard command.p2 & 0x0C != 0x0C else { return Response() }
    let file = files[index]
    let parameters = FileControlParameters(
      descriptor: .init(.transparent), fileIdentifier: identifier, security: .expanded(file.accessRule),
      fileSize: file.content.count,
      shortFileIdentifier: file.shortIdentifier.map { .number($0) } ?? ShortFileIdentifier.none)
    return Response(parameters.encoded)
  }

  func readBinary(_ deed: Deed) throws(StatusWordError) -> Response {
    guard deed.command.data.isEmpty else { throw StatusWordError(.wrongLength) }
    let (_, content, offset) = try current(.read, deed)
    guard offset < content.count else { throw StatusWordError(.wrongOffset) }
    return Response(Array(content[offset...].prefix(deed.command.le ?? 256)))
  }

  func updateBinary(_ deed: Deed) throws(StatusWordError) -> Response {
    let data = deed.command.data
    guard !data.isEmpty else { throw StatusWordError(.wrongLength) }
    var (index, content, offset) = try current(.update, deed)
    guard offset < content.count else { throw StatusWordError(.wrongOffset) }
    guard offset + data.count <= content.count else { throw StatusWordError(.wrongLength) }
    content.replaceSubrange(offset..<offset + data.count, with: data)
    deed.registry.memory.write(CardRegistry.key(.file, deed.place.selected, index), content)
    return Response()
  }

  /// The file that a command is about, after its access rule allowed it: by short identifier, or the selected one.
  private func current(
    _ operation: AccessRule.Operation, _ deed: Deed
  ) throws(StatusWordError) -> (index: Int, content: [UInt8], offset: Int) {
    let (p1, p2) = (deed.command.p1, deed.command.p2)
    let files = try files(deed)
    var offset = Int(p1) << 8 | Int(p2)
    if p1 & 0x80 != 0 {
      guard let index = files.firstIndex(where: { $0.shortIdentifier == p1 & 0x7F }) else {
        throw StatusWordError(.fileNotFound)
      }
      deed.place.file = index
      offset = Int(p2)
    }
    guard let index = deed.place.file, files.indices.contains(index) else { throw StatusWordError(.noCurrentEF) }
    let rule = try refusing(with: .securityStatus) { try AccessRule(files[index].accessRule) }
    guard Self.holds(rule.condition(for: operation), deed.exchange) else { throw StatusWordError(.securityStatus) }
    let written = deed.registry.memory.read(CardRegistry.key(.file, deed.place.selected, index))
    return (index, written ?? files[index].content, offset)
  }

  /// The PINs are those of the card's visible file system.
  private static func holds(_ condition: AccessRule.Condition, _ exchange: Exchange) -> Bool {
    switch condition {
    case .always: true
    case .never: false
    case .pin(let reference): exchange.isSatisfied(reference, in: .mf)
    case .any(let list): list.contains { holds($0, exchange) }
    case .all(let list): list.allSatisfy { holds($0, exchange) }
    }
  }
}
