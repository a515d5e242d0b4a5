import APDU
import Bytes
import GlobalPlatform
import Identifiers
import SecureElement
import TLV

/// Whose STORE DATA come: what INSTALL [for personalization] named.
struct Personalized {
  let number: Int
  let aid: AID

  /// The object, as long as it is the one that was named, belongs to the selected domain, and has no keys of its own:
  /// a domain that has them is its owner's to fill.
  func object(_ deed: GlobalPlatformApplication.Deed) -> ObjectRecord? {
    guard let object = deed.registry.object(number), object.aid == aid, object.domain == deed.place.selected,
      number == deed.place.selected || deed.registry.keys(of: number).isEmpty
    else { return nil }
    return object
  }
}

/// GET DATA and STORE DATA (GlobalPlatform Card Specification 2.3 §11.3, §11.11).
extension GlobalPlatformApplication {
  /// Bytes that come in one series of STORE DATA, and that an object keeps together.
  private static let storedLimit = 4096

  func getData(_ deed: Deed) throws(StatusWordError) -> Response {
    let (command, registry, number) = (deed.command, deed.registry, deed.place.selected)
    let tag = TLVTag(rawValue: UInt32(command.p1) << 8 | UInt32(command.p2))
    let card = try registry.card()
    var writer = TLVWriter()
    switch tag {
    case CardData.issuerIdentificationNumber: writer.write(tag, card.issuer)
    case CardData.cardImageNumber: writer.write(tag, card.image)
    case CardData.cardRecognition: writer.append(encoded: CardData.recognition(scp03: SCP03Session.options.rawValue))
    case CardData.capabilities: writer.append(encoded: CardData.capabilities(scp03: SCP03Session.options.rawValue))
    case CardData.keyInformation:
      let lines = registry.keys(of: number).map { key in
        CardData.KeyLine(
          identifier: key.identifier, version: key.version, type: UInt8(key.kind.rawValue), length: UInt8(key.length))
      }
      writer.append(encoded: CardData.keyInformation(lines))
    case CardData.sequenceCounter:
      guard let (owner, version, _) = Self.keySet(0, for: number, in: registry) else {
        throw StatusWordError(.referencedDataNotFound)
      }
      writer.write(tag, bytes: try registry.sequenceCounter(version, of: owner))
    case CardData.confirmationCounter:
      writer.write(tag, bytes: UInt16(truncatingIfNeeded: card.receipts).bigEndianBytes)
    case CardData.extendedResources:
      let count = registry.objects().filter { $0.record.kind != .loadFile && $0.number != CardRegistry.issuer }.count
      writer.write(tag) { writer in
        writer.write(0x81, bytes: UInt16(truncatingIfNeeded: count).bigEndianBytes)
        writer.write(0x82, bytes: UInt32(truncatingIfNeeded: registry.memory.freeBytes).bigEndianBytes)
        writer.write(0x83, bytes: UInt32(truncatingIfNeeded: registry.memory.freeBytes).bigEndianBytes)
      }
    default:
      guard let object = try Self.stored(number, registry).first(where: { $0.tag == tag }) else {
        throw StatusWordError(.referencedDataNotFound)
      }
      writer.append(encoded: object.encoded)
    }
    return Response(writer.bytes)
  }

  private static func stored(_ number: Int, _ registry: CardRegistry) throws(StatusWordError) -> [TLVElement] {
    var reader = TLVReader(registry.memory.read(CardRegistry.key(.stored, number)) ?? [])
    return try refusing(with: .memoryProblem) {
      var objects: [TLVElement] = []
      while !reader.isAtEnd { objects.append(try reader.element()) }
      return objects
    }
  }

  func storeData(_ deed: Deed) throws(StatusWordError) -> Response {
    try requireSession(deed)
    let command = deed.command
    var (next, bytes) = deed.place.storeData ?? (0, [])
    deed.place.storeData = nil
    // Table 11-89: b8 last block, b7 and b6 encryption, b5 and b4 format: BER-TLV, or none told.
    guard command.p1 & 0x6F == 0, command.p2 == next else { throw StatusWordError(.wrongP1P2) }
    bytes += command.data
    guard bytes.count <= Self.storedLimit else { throw StatusWordError(.notEnoughMemory) }
    guard command.p1 & 0x80 != 0 else {
      next &+= 1
      deed.place.storeData = (next, bytes)
      return Response()
    }
    let number = deed.place.personalized?.number ?? deed.place.selected
    guard let object = deed.place.personalized.map({ $0.object(deed) }) ?? deed.object else {
      throw StatusWordError(.conditionsOfUse)
    }
    if object.kind == .moduleApplication { return try personalize(object, bytes, deed) }
    try keep(bytes, number, deed)
    return Response()
  }

  /// Objects take the place of those with their tags; without content they are removed. Whose they are is told by what
  /// is selected, or was named by INSTALL [for personalization].
  private func keep(_ bytes: [UInt8], _ number: Int, _ deed: Deed) throws(StatusWordError) {
    let registry = deed.registry
    var objects = try Self.stored(number, registry)
    var card = try registry.card()
    let before = objects.reduce(0) { $0 + $1.encoded.count }
    var reader = TLVReader(bytes)
    while !reader.isAtEnd {
      let object = try refusing { try reader.element() }
      switch object.tag {
      case CardData.issuerIdentificationNumber, CardData.cardImageNumber:
        // Tokens are bound to these, so they are settled before the card is, and before anybody's content is on it.
        guard number == CardRegistry.issuer, card.lifeCycle == .opReady, registry.objects().count == 1,
          (1...16).contains(object.content.count)
        else { throw StatusWordError(.conditionsOfUse) }
        if object.tag == CardData.cardImageNumber { card.image = Array(object.content) }
        if object.tag == CardData.issuerIdentificationNumber { card.issuer = Array(object.content) }
      case CardData.cardRecognition, CardData.capabilities, CardData.keyInformation, CardData.sequenceCounter,
        CardData.confirmationCounter, CardData.extendedResources:
        throw StatusWordError(.conditionsOfUse)
      default:
        objects.removeAll { $0.tag == object.tag }
        if !object.content.isEmpty { objects.append(object) }
      }
    }
    let content = objects.flatMap(\.encoded)
    guard content.count <= Self.storedLimit, var record = registry.object(number) else {
      throw StatusWordError(.notEnoughMemory)
    }
    let domain = record.kind == .securityDomain ? number : record.domain
    try registry.checkRoom(max(0, content.count - before), in: domain)
    record.size += content.count - before
    registry.set(record, number)
    registry.memory.write(CardRegistry.key(.stored, number), content)
    registry.setCard(card)
  }

  /// An application of the card's own gets the data as one STORE DATA.
  private func personalize(_ object: ObjectRecord, _ bytes: [UInt8], _ deed: Deed) throws(StatusWordError) -> Response {
    guard let applet = modules.first(where: { $0.module == object.module })?.make() else {
      throw StatusWordError(.conditionsOfUse)
    }
    let whole = Command(cla: 0x80, ins: CardData.storeData, p1: deed.command.p1, p2: 0, data: bytes)
    deed.exchange.unwrap(as: whole)
    guard let answer = try applet.respond(to: deed.exchange) else { throw StatusWordError(.instructionNotSupported) }
    return answer
  }
}
