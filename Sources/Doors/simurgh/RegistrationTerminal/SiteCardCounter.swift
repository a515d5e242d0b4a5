import Bytes
import CircleFiles
import Foundation
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import RegistrationTerminal
import SecureElement
import SecureMessages
import StoreSQLite
import Transport
import TransportCard
import World

/// A counter with a line to a carrier's terminal that is a server. The registration terminal stays in
/// DIR/registration-terminal; cards are in a PC/SC reader, or software cards of the site.
final class SiteCardCounter: CardCounter {
  let terminal: RegistrationTerminal.Terminal
  let services = RegistrationWorld.services
  private let site: Site
  private let reader: String?
  private let factory: HandsetFactory
  private let pattern: [UInt8]
  private let carrier: HTTPSRegistrationLine
  /// The software cards that were in the slot.
  private var cards: [String: InProcessCard] = [:]

  /// The counter with a line to `server`, on which the dealer shows `certificate`; the slot is `reader`, where one is named.
  init(_ site: Site, server: String, certificate: String, reader: String?) throws {
    (self.site, self.reader) = (site, reader)
    let registration = RegistrationSite(site: site)
    factory = try registration.factory()
    pattern = try Array(CarrierConfiguration.read(site.carrierConfigurationFile).pattern.utf8)
    carrier = try HTTPSRegistrationLine(server, certificate: certificate, of: site)
    terminal = try Self.makeTerminal(registration, factory, pattern)
  }

  /// The terminal as it was left, or a new one from the factory; what was cut off before it was whole is made anew.
  private static func makeTerminal(
    _ registration: RegistrationSite, _ factory: HandsetFactory, _ pattern: [UInt8]
  ) throws -> RegistrationTerminal.Terminal {
    let vault = try registration.site.existingVault()
    let (place, random) = (registration.terminalDirectory, SystemRandomSource.shared)
    let (unitFile, keysFile) = (registration.terminalUnitKey(), "\(place)/model.keys")
    func memory() throws -> LogMemory {
      try LogMemory(SealedLog(FileLog(directory: "\(place)/module"), vault: vault, random: random))
    }
    let (keys, module): (UnitKeys, InProcessCard)
    if let wrapped = FileManager.default.contents(atPath: keysFile) {
      let unitKey = try unitFile.secret(vault, remedy: "simurgh registration-terminal --server …")
      keys = try UnitKeys(wrapped: Array(wrapped), unitKey: unitKey)
      module = InProcessCard(SoftwareModule(memory: try memory(), vault: vault))
    } else {
      try Folder.make(place, isPrivate: true)
      try? FileManager.default.removeItem(atPath: "\(place)/module")
      let unitKey = Secret(random.bytes(32))
      try unitFile.write(unitKey, vault)
      // Fig. 27: the module writer brings KE_C and E(KD_COB, KE_C).
      module = InProcessCard(try factory.makeModule(.terminal, on: memory(), now: .now()))
      try factory.equip(module, now: .now())
      keys = try factory.makeUnitKeys(of: registration.terminalModelKey(), unitKey: unitKey)
      // Last: without this file there is no terminal yet.
      try KeyFile.write(keys.wrapped, to: keysFile)
    }
    let carrier = try Signed<CarrierKey>(encoded: factory.signatureData).claimedBody.carrier
    let terminal = try RegistrationTerminal.Terminal(
      RegistrationTerminal.Terminal.Equipment(keys: keys, patterns: [pattern], authorities: factory.authorities),
      modules: [carrier: module], store: SQLiteStore(path: "\(place)/memory.sqlite"), clock: DeviceClock { .now() },
      random: random)
    try terminal.select(carrier)
    return terminal
  }

  func line() -> any RegistrationLine { carrier }

  func insert(isNew: Bool) throws -> any CardLink {
    if let reader { return try PCSC.connect(reader == "any" ? nil : reader) }
    let directory = try CardDirectory(CardDesk.asked("card: "), of: site)
    if let card = cards[directory.path] { return card }
    if !directory.exists, isNew { try directory.createModule(.card) }
    guard directory.moduleKind == .card else {
      throw Complaint(
        .noInput, "There is no card of a subscriber in \(directory.path).",
        remedy: "Register a new one with 3, or make it with: simurgh card create \(directory.name) --kind card")
    }
    let card = InProcessCard(try directory.openModule(faults: []))
    cards[directory.path] = card
    return card
  }

  /// The carrier withdraws a model by itself: simurgh carrier-terminal model withdraw.
  func withdraw(model: String) {}

  func makeHandset(with card: any CardLink) throws -> Handset {
    factory.makeHandset(try factory.makeUnitKeys(), module: card, pattern: pattern, clock: { .now() })
  }

  func attaches(_ handset: Handset) throws -> Bool { try site.takes(handset) }
}
