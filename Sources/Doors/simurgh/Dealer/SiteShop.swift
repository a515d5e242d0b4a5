import AuC
import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import Transport
import TransportCard
import TransportHTTP
import World

/// A shop with a line to a carrier's terminal that is a server, and handsets that stay: each is a directory of
/// DIR/handsets.
struct SiteShop: DealersShop {
  let services = RegistrationWorld.services
  private let site: Site
  private let shelf: HandsetShelf
  private let carrier: HTTPSRegistrationLine

  /// A line to `server`, on which the dealer shows `certificate`.
  init(_ site: Site, server: String, certificate: String) throws {
    self.site = site
    shelf = try HandsetShelf(site)
    carrier = try HTTPSRegistrationLine(server, certificate: certificate, of: site)
  }

  /// The handsets that were made before and have an ID, in the order in which they were made.
  func sold() throws -> [Handset] { try shelf.sold() }

  func makeHandset() throws -> Handset { try shelf.make() }
  func line() -> any RegistrationLine { carrier }
  func keep(_ handset: Handset) throws { try shelf.keep(handset) }

  func attaches(_ handset: Handset) throws -> Bool { try site.takes(handset) }
}

extension Site {
  /// Whether the site's network takes the handset.
  func takes(_ handset: Handset) throws -> Bool {
    try authenticationCentre().takes(handset, now: .now(), random: SystemRandomSource.shared)
  }
}

/// The handsets of a site: their modules' memories, their units' keys and flags.
final class HandsetShelf {
  private static let remedy = "simurgh carrier-terminal begin NETWORK"
  private let factory: HandsetFactory
  private let vault: KeyVault
  private let pattern: [UInt8]
  private let registration: RegistrationSite
  private var places: [ObjectIdentifier: String] = [:]

  init(_ site: Site) throws {
    registration = RegistrationSite(site: site)
    factory = try registration.factory()
    vault = try site.existingVault()
    pattern = try Array(CarrierConfiguration.read(site.carrierConfigurationFile).pattern.utf8)
  }

  /// Makes a handset; cut off before it is whole, its directory is not taken for one.
  func make() throws -> Handset {
    try Folder.make(registration.handsetDirectory, isPrivate: true)
    let last = registration.handsets.compactMap { Int(PathName.last(of: $0)) }.max() ?? 0
    let place = "\(registration.handsetDirectory)/\(last + 1)"
    try Folder.make(place, isPrivate: true)
    let unitKey = Secret(SystemRandomSource.shared.bytes(32))
    try registration.unitKey(ofHandset: place).write(unitKey, vault)
    let module = try InProcessCard(factory.makeModule(.handset, on: memory(place), now: .now()))
    try factory.equip(module, now: .now())
    let keys = try factory.makeUnitKeys(unitKey: unitKey)
    try KeyFile.write(keys.wrapped, to: "\(place)/model.keys")
    return handset(keys, module, place, isIDWritten: false)
  }

  /// The handsets that have an ID, in the order in which they were made.
  func sold() throws -> [Handset] { try all().filter(\.isIDWritten) }

  /// All handsets that are whole.
  private func all() throws -> [Handset] {
    try registration.handsets.compactMap { place -> Handset? in
      guard let wrapped = FileManager.default.contents(atPath: "\(place)/model.keys") else { return nil }
      let unitKey = try registration.unitKey(ofHandset: place).secret(vault, remedy: Self.remedy)
      let module = SoftwareModule(memory: try memory(place), vault: vault)
      return handset(
        try UnitKeys(wrapped: Array(wrapped), unitKey: unitKey), InProcessCard(module), place,
        isIDWritten: FileManager.default.fileExists(atPath: "\(place)/written"))
    }
  }

  /// Keeps the handset's flag.
  func keep(_ handset: Handset) throws {
    guard let place = places[ObjectIdentifier(handset)], handset.isIDWritten else { return }
    try KeyFile.write([], to: "\(place)/written")
  }

  private func memory(_ place: String) throws -> LogMemory {
    try LogMemory(SealedLog(FileLog(directory: "\(place)/module"), vault: vault, random: SystemRandomSource.shared))
  }

  private func handset(_ keys: UnitKeys, _ module: InProcessCard, _ place: String, isIDWritten: Bool) -> Handset {
    let handset = factory.makeHandset(
      keys, module: module, pattern: pattern, isIDWritten: isIDWritten, clock: { .now() })
    places[ObjectIdentifier(handset)] = place
    return handset
  }
}

/// The line to a carrier's terminal over HTTPS. A message whose answer was lost is sent again: the same one gets the same
/// answer.
struct HTTPSRegistrationLine: RegistrationLine {
  private static let pauses: [Duration] = [.milliseconds(200), .seconds(1), .seconds(2)]
  private let host: String
  private let client: HTTPSClient

  /// The line to `server` (a name and a port, or its https address), on which `certificate` is shown: as `simurgh ca show`
  /// names it, or a PEM file with the key beside it.
  init(_ server: String, certificate: String, of site: Site) throws {
    host = server.hasPrefix("https://") ? String(server.dropFirst(8).prefix { $0 != "/" }) : server
    let shown = try ClientCertificate(certificate, of: site)
    guard let text = try? String(contentsOfFile: shown.keyFile, encoding: .utf8) else {
      throw Complaint(.noInput, "The key of \(certificate) cannot be read: \(shown.keyFile) is missing.")
    }
    var settings = try site.existingCircle().callers()
    settings.identity = try TLSIdentity(
      certificates: [shown.certificate], key: Complaint.naming(shown.keyFile) { try PrivateKey(pem: text) })
    client = try HTTPSClient(settings)
  }

  func exchange(_ message: [UInt8]) throws -> [UInt8] {
    var pauses = Self.pauses[...]
    while true {
      do {
        let reply = try client.exchange(
          Message(
            host: host, path: RegistrationPath.path, headers: ["Content-Type": RegistrationPath.contentType],
            body: message))
        guard reply.status == 200 else {
          throw LinkError(.malformed, "the carrier's terminal answered with HTTP status \(reply.status)")
        }
        return reply.body
      } catch let error as LinkError where error.kind == .broken || error.kind == .unreachable {
        guard let pause = pauses.popFirst() else { throw error }
        Thread.sleep(forTimeInterval: pause / .seconds(1))
      }
    }
  }
}
