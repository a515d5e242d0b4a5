import APDU
import GlobalPlatform
import Identifiers
import TLV

/// GET STATUS and SET STATUS (GlobalPlatform Card Specification 2.3 §11.4, §11.10).
extension GlobalPlatformApplication {
  /// An answer with its protection fits into one of 256 bytes.
  private static let answerLimit = 223

  func getStatus(_ deed: Deed) throws(StatusWordError) -> Response {
    try requireSession(deed)
    let command = deed.command
    guard command.p2 & 0xFE == 0x02, let part = Registry.Part(rawValue: command.p1) else {
      throw StatusWordError(.wrongP1P2)
    }
    var entries: [Registry.Entry]
    if command.p2 & 0x01 != 0 {
      guard let listing = deed.place.listing, listing.p1 == command.p1, listing.data == command.data else {
        throw StatusWordError(.referencedDataNotFound)
      }
      entries = listing.rest
    } else {
      entries = try found(part, deed)
    }
    deed.place.listing = nil
    guard !entries.isEmpty else { throw StatusWordError(.referencedDataNotFound) }
    var data: [UInt8] = []
    while let next = entries.first, data.isEmpty || data.count + next.encoded.count <= Self.answerLimit {
      data += next.encoded
      entries.removeFirst()
    }
    guard !entries.isEmpty else { return Response(data) }
    deed.place.listing = (command.p1, command.data, entries)
    // §11.4.3.2: 6310: more data available.
    return Response(data, 0x6310)
  }

  /// What a domain sees: itself and its hierarchy; all of it with the privilege Global Registry.
  private func found(_ part: Registry.Part, _ deed: Deed) throws(StatusWordError) -> [Registry.Entry] {
    let (registry, actor) = (deed.registry, deed.place.selected)
    // §11.4.2.3: 4F with the beginning of a name, or nothing; then what shall be told, which the card decides.
    let wanted = try refusing {
      var reader = TLVReader(deed.command.data)
      return Array(try reader.element(0x4F).content)
    }
    let card = try registry.card()
    let seesAll = deed.object.privileges.contains(.globalRegistry)
    var entries: [Registry.Entry] = []
    for (number, object) in registry.objects() {
      guard object.aid.matches(partial: wanted), seesAll || number == actor || registry.reaches(actor, object.domain)
      else { continue }
      let domain = registry.object(object.domain)?.aid
      switch (part, object.kind) {
      case (.issuerSecurityDomain, .securityDomain) where number == CardRegistry.issuer:
        entries.append(
          .init(aid: object.aid, lifeCycle: card.lifeCycle.rawValue, privileges: object.privileges, domain: domain))
      case (.applications, .securityDomain) where number != CardRegistry.issuer,
        (.applications, .dataApplication), (.applications, .moduleApplication):
        entries.append(
          .init(
            aid: object.aid, lifeCycle: object.lifeCycle.rawValue, privileges: object.privileges,
            loadFile: object.loadFile, domain: domain))
      case (.loadFiles, .loadFile), (.loadFilesAndModules, .loadFile):
        entries.append(
          .init(
            aid: object.aid, lifeCycle: object.lifeCycle.rawValue,
            version: object.version.map { UInt16(truncatingIfNeeded: $0).bigEndianBytes },
            modules: part == .loadFilesAndModules ? [object.module].compactMap(\.self) : [], domain: domain))
      default: continue
      }
    }
    // The load files of the card's own applications, whose code the card was made with.
    if seesAll, part == .loadFiles || part == .loadFilesAndModules {
      for own in modules where own.loadFile.matches(partial: wanted) {
        entries.append(
          .init(
            aid: own.loadFile, lifeCycle: LifeCycle.loaded.rawValue,
            modules: part == .loadFilesAndModules ? [own.module] : [],
            domain: registry.object(CardRegistry.issuer)?.aid))
      }
    }
    return entries
  }

  func setStatus(_ deed: Deed) throws(StatusWordError) -> Response {
    try requireSession(deed)
    let command = deed.command
    switch command.p1 {
    case 0x80: try setCard(command.p2, deed)
    case 0x40: try setObject(LifeCycle(rawValue: command.p2), deed)
    default: throw StatusWordError(.wrongP1P2)
    }
    return Response()
  }

  /// §5.1: the issuer's domain takes the card through its life; others lock or end it if they have the privilege.
  private func setCard(_ state: UInt8, _ deed: Deed) throws(StatusWordError) {
    var card = try deed.registry.card()
    guard let next = CardLifeCycle(rawValue: state), card.lifeCycle.canBecome(next) else {
      throw StatusWordError(.conditionsOfUse)
    }
    let isIssuer = deed.place.selected == CardRegistry.issuer
    let privileges = deed.object.privileges
    let isAllowed =
      switch next {
      case .cardLocked: privileges.contains(.cardLock)
      case .terminated: privileges.contains(.cardTerminate)
      default: isIssuer
      }
    guard isAllowed else { throw StatusWordError(.conditionsOfUse) }
    card.lifeCycle = next
    deed.registry.setCard(card)
  }

  /// §5.3.1: what belongs to a domain is locked and unlocked by it, or by one above it, or by one with Global Lock.
  private func setObject(_ state: LifeCycle, _ deed: Deed) throws(StatusWordError) {
    let registry = deed.registry
    guard let aid = try? AID(deed.command.data), let (number, found) = registry.find(aid) else {
      throw StatusWordError(.referencedDataNotFound)
    }
    var object = found
    guard registry.reaches(deed.place.selected, object.domain) || deed.object.privileges.contains(.globalLock),
      number != CardRegistry.issuer, number != deed.place.selected, object.kind != .loadFile,
      state == object.lifeCycle.locked || state == object.lifeCycle.unlocked
    else { throw StatusWordError(.conditionsOfUse) }
    object.lifeCycle = state
    registry.set(object, number)
  }
}
