import APDU
import Identifiers
import UICC

/// SELECT (ETSI TS 102 221 §11.1.1).
extension CardSession {
  static func select(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let command = exchange.command
    // Table 11.2: b8 = 0; b7 and b6 application session control; b4 and b3 what is answered; b2 and b1 occurrence.
    guard command.p2 & 0x80 == 0, command.p2 & 0x0C != 0x08 else { throw StatusWordError(.wrongP1P2) }
    if command.p1 == 0x04 { return try session.selectByName(exchange) }
    guard command.p2 & 0x63 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard let files = exchange.fileSystem else { throw StatusWordError(.fileNotFound) }
    if exchange.channel.place != .files { exchange.channel = Channel() }
    let file = try Self.find(exchange, files)
    return try exchange.select(file, in: files, answers: command.p2 & 0x0C != 0x0C)
  }

  /// The file that P1 and the data field name.
  private static func find(_ exchange: Exchange, _ files: FileSystem) throws(StatusWordError) -> FileNumber {
    let (command, channel) = (exchange.command, exchange.channel)
    guard let path = FileIdentifier.path(command.data) else { throw StatusWordError(.wrongLength) }
    let found: FileNumber?
    switch command.p1 {
    case 0x00:
      guard path.count <= 1 else { throw StatusWordError(.wrongLength) }
      found = path.first.map { channel.find($0, in: files.tree) } ?? .mf
    case 0x01:
      guard path.count == 1 else { throw StatusWordError(.wrongLength) }
      found = files.tree.child(path[0], of: channel.directory).flatMap { files.tree[$0].isDirectory ? $0 : nil }
    case 0x03:
      guard path.isEmpty else { throw StatusWordError(.wrongLength) }
      found = files.tree[channel.directory].parent
    case 0x08, 0x09: found = try exchange.file(path: path, isAbsolute: command.p1 == 0x08, in: files)
    default: throw StatusWordError(.wrongP1P2)
    }
    guard let found else { throw StatusWordError(.fileNotFound) }
    return found
  }

  // MARK: By name

  private enum Candidate: Equatable {
    case adf(FileNumber, AID)
    case application(Int, AID)

    var aid: AID {
      switch self {
      case .adf(_, let aid), .application(_, let aid): aid
      }
    }
  }

  private func selectByName(_ exchange: Exchange) throws(StatusWordError) -> Response {
    let (command, files) = (exchange.command, exchange.fileSystem)
    guard command.data.count <= 16 else { throw StatusWordError(.fileNotFound) }
    if command.data.isEmpty {
      guard let index = applications.firstIndex(where: \.isSelectedWithoutName),
        let aid = applications[index].identifiers(in: exchange).first
      else { throw StatusWordError(.fileNotFound) }
      return try select(.application(index, aid), exchange)
    }
    var candidates = (files?.tree.applications ?? []).compactMap { file in
      files?.tree[file].aid.map { Candidate.adf(file, $0) }
    }
    for (index, application) in applications.enumerated() {
      candidates += application.identifiers(in: exchange).map { .application(index, $0) }
    }
    let matching = candidates.filter { $0.aid.matches(partial: command.data) }
    guard let chosen = choose(among: matching, exchange) else { throw StatusWordError(.fileNotFound) }
    switch command.p2 & 0x60 {
    case 0x00: break
    case 0x40:
      try endSession(of: chosen, exchange)
      return Response()
    default: throw StatusWordError(.wrongP1P2)
    }
    return try select(chosen, exchange)
  }

  private func select(_ chosen: Candidate, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let answers = exchange.command.p2 & 0x0C != 0x0C
    switch chosen {
    case .adf(let file, _):
      guard let files = exchange.fileSystem else { throw StatusWordError(.fileNotFound) }
      exchange.endApplication(unless: file)
      exchange.channel.place = .files
      exchange.channel.application = file
      return try exchange.select(file, in: files, answers: answers)
    case .application(let index, let aid):
      let information = try applications[index].select(aid, in: exchange)
      exchange.endApplication(unless: nil)
      exchange.channel = Channel(place: .application(index))
      return Response(answers ? information : [])
    }
  }

  /// Table 11.2: first or only, last, next and previous occurrence of a partial name.
  private func choose(among matching: [Candidate], _ exchange: Exchange) -> Candidate? {
    let current = matching.firstIndex { candidate in
      switch candidate {
      case .adf(let file, _): exchange.channel.place == .files && exchange.channel.application == file
      case .application(let index, _): exchange.channel.place == .application(index)
      }
    }
    switch exchange.command.p2 & 0x03 {
    case 0x00: return matching.first { $0.aid.bytes == exchange.command.data } ?? matching.first
    case 0x01: return matching.last
    case 0x02:
      guard let current else { return matching.first }
      return current + 1 < matching.count ? matching[current + 1] : nil
    default:
      guard let current else { return matching.last }
      return current > 0 ? matching[current - 1] : nil
    }
  }

  /// §11.1.1: termination of an application: its session on this channel ends and the MF is selected.
  private func endSession(of chosen: Candidate, _ exchange: Exchange) throws(StatusWordError) {
    switch chosen {
    case .adf(let file, _) where exchange.channel.application == file: exchange.endApplication(unless: nil)
    case .application(let index, _) where exchange.channel.place == .application(index): break
    default: throw StatusWordError(.conditionsOfUse)
    }
    exchange.channel = Channel()
  }
}

extension Channel {
  /// §8.4.1: what SELECT by identifier reaches: MF, current ADF, children, the directory itself, its parent and the
  /// directories beside it.
  func find(_ identifier: FileIdentifier, in tree: FileTree) -> FileNumber? {
    if identifier == .mf { return .mf }
    if identifier == .currentADF { return application }
    if let child = tree.child(identifier, of: directory) { return child }
    let parent = tree[directory].parent
    if let near = [directory, parent].first(where: { tree[$0].aid == nil && tree[$0].identifier == identifier }) {
      return near
    }
    return tree.child(identifier, of: parent).flatMap { tree[$0].isDirectory ? $0 : nil }
  }
}

extension Exchange {
  /// §8.4.2: the file at `path` from the MF (or, where it begins with 7FFF, from the current ADF), or from the current
  /// directory.
  func file(path: [FileIdentifier], isAbsolute: Bool, in files: FileSystem) throws(StatusWordError) -> FileNumber {
    guard !path.isEmpty else { throw StatusWordError(.wrongLength) }
    var steps = path[...]
    var current = isAbsolute ? FileNumber.mf : channel.directory
    if isAbsolute, let first = steps.first, first == .mf || first == .currentADF {
      steps = steps.dropFirst()
      guard let start = first == .mf ? .mf : channel.application else { throw StatusWordError(.fileNotFound) }
      current = start
    }
    for step in steps {
      guard files.tree[current].isDirectory, let next = files.tree.child(step, of: current) else {
        throw StatusWordError(.fileNotFound)
      }
      current = next
    }
    return current
  }

  /// Makes `file` current and answers with its parameters; 6283 where it is deactivated.
  func select(_ file: FileNumber, in files: FileSystem, answers: Bool) throws(StatusWordError) -> Response {
    if files.tree[file].isDirectory {
      channel.selectDirectory(file)
    } else {
      let parent = files.tree[file].parent
      // A linked directory's files are selected in the directory that shows them.
      if files.tree.body(of: channel.directory) != parent { channel.selectDirectory(parent) }
      channel.selectFile(file)
    }
    let isDeactivated = files.lifeCycle(of: file) == .deactivated
    let data = answers ? files.controlParameters(of: file).encoded : []
    return Response(data, isDeactivated ? .deactivatedFile : .ok)
  }

  /// Notes that the channel's session of an ADF ends, unless `file` is the same ADF.
  func endApplication(unless file: FileNumber?) {
    if let application = channel.application, application != file { endedApplication = application }
  }
}
