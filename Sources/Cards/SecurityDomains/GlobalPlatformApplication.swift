import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureElement
import TLV

/// An application of the card's own, which INSTALL makes selectable by the name of its module.
public struct CardModule: Sendable {
  /// The load file that the registry shows it in.
  public let loadFile: AID
  /// What INSTALL [for install] names.
  public let module: AID
  /// Where the application keeps what it keeps: emptied when it is deleted.
  public let area: MemoryArea
  /// Makes the application.
  public let make: ApplicationMaker

  /// The application that `make` makes.
  public init(loadFile: AID, module: AID, area: MemoryArea, make: @escaping ApplicationMaker) {
    (self.loadFile, self.module, self.area, self.make) = (loadFile, module, area, make)
  }
}

/// GlobalPlatform on the card: the issuer security domain, supplementary domains, and the applications they manage
/// (GlobalPlatform Card Specification 2.3).
public final class GlobalPlatformApplication: Application {
  let vault: KeyVault
  let modules: [CardModule]
  private var places: [Int: Place] = [:]

  /// The domains whose keys `vault` opens, on a card that has `modules`.
  public init(vault: KeyVault, modules: [CardModule] = []) { (self.vault, self.modules) = (vault, modules) }

  /// What a logical channel knows while the card has power.
  final class Place {
    /// The object that is selected.
    let selected: Int
    var session: SCP03Session?
    var loading: Loading?
    var personalized: Personalized?
    var storeData: (next: UInt8, bytes: [UInt8])?
    /// What GET STATUS had no room for.
    var listing: (p1: UInt8, data: [UInt8], rest: [Registry.Entry])?
    /// The application of the card's own that is selected.
    let applet: (any Application)?
    /// The transparent file that is selected in a data application, by its place in the package.
    var file: Int?

    /// What was begun in a session is not gone on with in the next, which may be another's.
    func endSession() { (session, loading, personalized, storeData, listing) = (nil, nil, nil, nil, nil) }

    init(_ selected: Int, applet: (any Application)? = nil) { (self.selected, self.applet) = (selected, applet) }
  }

  public var isSelectedWithoutName: Bool { true }
  public var takesSecuredCommands: Bool { true }

  func registry(_ exchange: Exchange) -> CardRegistry { CardRegistry(memory: exchange.memory, vault: vault) }

  /// §5.1.1.4: a locked card has its issuer's domain alone; a terminated one nothing else either.
  public func identifiers(in exchange: Exchange) -> [AID] {
    let registry = registry(exchange)
    guard let card = try? registry.card() else { return [] }
    let isOpen = card.lifeCycle.rawValue < CardLifeCycle.cardLocked.rawValue
    return registry.objects().filter { number, object in
      number == CardRegistry.issuer || isOpen && object.kind != .loadFile && object.lifeCycle.isSelectable
    }.map(\.record.aid)
  }

  /// §11.9: the answer is the domain's or the application's FCI.
  public func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    places[exchange.channelIndex] = nil
    guard let (number, object) = registry(exchange).find(aid) else { throw StatusWordError(.fileNotFound) }
    let applet = modules.first { object.kind == .moduleApplication && $0.module == object.module }?.make()
    let place = Place(number, applet: applet)
    let answer: [UInt8]
    if let applet {
      answer = try applet.select(aid, in: exchange)
    } else {
      answer = Self.information(aid, isDomain: object.kind == .securityDomain)
    }
    places[exchange.channelIndex] = place
    return answer
  }

  public func deselected(on channel: Int) { places[channel] = nil }

  /// 6F { 84 AID, A5 { 73 security domain management data, 9F65 maximum length of data in commands } } (table 11-83).
  private static func information(_ aid: AID, isDomain: Bool) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(0x6F) { writer in
      writer.write(0x84, aid)
      writer.write(0xA5) { writer in
        guard isDomain else { return }
        let recognition = try? TLVElement(CardData.recognition(scp03: SCP03Session.options.rawValue))
        if let recognition { writer.append(encoded: recognition.content) }
        writer.write(0x9F65, bytes: [0xFF])
      }
    }
    return writer.bytes
  }

  // MARK: Commands

  /// A command as the domain or application that is selected meets it.
  struct Deed {
    let exchange: Exchange
    let registry: CardRegistry
    let place: Place
    /// The selected object.
    let object: ObjectRecord

    var command: Command { exchange.command }
  }

  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    let registry = registry(exchange)
    guard let place = places[exchange.channelIndex], let object = registry.object(place.selected) else {
      throw StatusWordError(.conditionsOfUse)
    }
    let deed = Deed(exchange: exchange, registry: registry, place: place, object: object)
    let isSecured = exchange.command.isSecured
    if !isSecured { try requireService(deed) }
    if let answer = try openSession(deed) { return answer }
    let table = object.kind == .securityDomain ? Self.domainCommands : Self.applicationCommands
    if isSecured {
      try unwrap(deed)
      try requireService(deed)
    } else if let level = place.session?.level, level.contains(.commandMAC), table[exchange.command.ins] != nil {
      // §10.2.3: a command without the session's security ends the session.
      place.session = nil
      throw StatusWordError(.securityStatus)
    }
    if exchange.command.ins != LoadFile.instruction { place.loading = nil }
    if exchange.command.ins != CardData.storeData { place.storeData = nil }
    let answer = try run(deed, table)
    guard isSecured else { return answer }
    guard let answer else { throw StatusWordError(.instructionNotSupported) }
    return try wrap(answer, deed)
  }

  /// §5.1.1.4, §5.1.1.5: a locked card can be asked and unlocked, a terminated one asked; a locked object serves nobody.
  private func requireService(_ deed: Deed) throws(StatusWordError) {
    let (ins, isIssuer) = (deed.command.ins, deed.place.selected == CardRegistry.issuer)
    let isServed =
      switch try deed.registry.card().lifeCycle {
      case .terminated: ins == CardData.getData
      case .cardLocked:
        isIssuer
          && [0x50, 0x82, CardData.getData, Registry.getStatus, Registry.setStatus, 0xA4, 0x70].contains(ins)
      default: isIssuer || deed.object.lifeCycle.isSelectable
      }
    guard isServed else { throw StatusWordError(.conditionsOfUse) }
  }

  private func run(_ deed: Deed, _ table: [UInt8: Run]) throws(StatusWordError) -> Response? {
    if let applet = deed.place.applet { return try applet.respond(to: deed.exchange) }
    guard let run = table[deed.command.ins] else { return nil }
    return try run(self, deed)
  }

  typealias Run = @Sendable (GlobalPlatformApplication, Deed) throws(StatusWordError) -> Response?

  /// What a security domain understands (table 11-1).
  private static let domainCommands: [UInt8: Run] = [
    Install.instruction: { domains, deed throws(StatusWordError) in try domains.install(deed) },
    LoadFile.instruction: { domains, deed throws(StatusWordError) in try domains.load(deed) },
    Delete.instruction: { domains, deed throws(StatusWordError) in try domains.delete(deed) },
    PutKey.instruction: { domains, deed throws(StatusWordError) in try domains.putKey(deed) },
    Registry.getStatus: { domains, deed throws(StatusWordError) in try domains.getStatus(deed) },
    Registry.setStatus: { domains, deed throws(StatusWordError) in try domains.setStatus(deed) },
    CardData.getData: { domains, deed throws(StatusWordError) in try domains.getData(deed) },
    CardData.storeData: { domains, deed throws(StatusWordError) in try domains.storeData(deed) },
    CardCertificate.instruction: { domains, deed throws(StatusWordError) in try domains.verifyCertificate(deed) },
  ]

  /// What an application with a data package understands.
  private static let applicationCommands: [UInt8: Run] = [
    0xA4: { domains, deed throws(StatusWordError) in try domains.selectFile(deed) },
    0xB0: { domains, deed throws(StatusWordError) in try domains.readBinary(deed) },
    0xD6: { domains, deed throws(StatusWordError) in try domains.updateBinary(deed) },
    CardData.getData: { domains, deed throws(StatusWordError) in try domains.getData(deed) },
  ]

  /// Whether a name stands for what the card was made with: the load file and module of domains, and of its own
  /// applications. Who could load a file under such a name would have hold of all that comes from it.
  func isReserved(_ aid: AID) -> Bool {
    aid == Self.domainLoadFile || aid == Self.domainModule
      || modules.contains { $0.loadFile == aid || $0.module == aid }
  }

  /// Whether an object is selected on another channel than the exchange's.
  func isSelectedElsewhere(_ number: Int, than exchange: Exchange) -> Bool {
    places.contains { $0.key != exchange.channelIndex && $0.value.selected == number }
  }
}

/// What `body` makes; `status` where it is refused.
func refusing<Value>(
  with status: StatusWord = .wrongData, _ body: () throws -> Value
) throws(StatusWordError) -> Value {
  do { return try body() } catch { throw StatusWordError(status) }
}
