import ArgumentParser
import BatchModule
import Bytes
import CircleFiles
import DealerTerminal
import Foundation
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import Transport
import TransportCard
import World

/// What `card create --kind` makes: an identity module of one of its kinds, or the carrier's for an off-line terminal.
enum ModuleCardKind: String, ExpressibleByArgument, CaseIterable {
  case handset, terminal, card, batch

  /// The kind that the module's maker certifies; a carrier's module is certified for each batch.
  var certified: ModuleKind? {
    switch self {
    case .handset: .handset
    case .terminal: .terminal
    case .card: .card
    case .batch: nil
    }
  }
}

/// Modules of handset and card registration (EP 0 652 681), in directories like eUICCs.
extension CardDirectory {
  /// Makes a module as its factory ships it: those of handsets and terminals with the carrier's key, cards without.
  func createModule(_ kind: ModuleCardKind) throws {
    try checkNew()
    let registration = RegistrationSite(site: site)
    let (factory, carrier) = (try registration.factory(), try registration.carrier())
    let vault = try site.existingVault()
    try Folder.make(path, isPrivate: true)
    let random = SystemRandomSource.shared
    let memory = try LogMemory(SealedLog(FileLog(directory: path), vault: vault, random: random))
    if let certified = kind.certified {
      let now = Instant.now()
      let module = InProcessCard(try factory.makeModule(certified, on: memory, now: now))
      if kind != .card { try factory.equip(module, now: now) }
      module.powerOff()
    } else {
      try BatchSigner.make(
        carrier: carrier.known, key: PrivateKey(.p256, random: random), on: memory, vault: vault, random: random)
    }
    // Last: a directory without this file is no card yet.
    try DurableFile.write("\(kind.rawValue)\n", to: moduleFile, isSecret: false)
  }

  /// Which module it is; nil for other cards.
  var moduleKind: ModuleCardKind? {
    (try? String(contentsOfFile: moduleFile, encoding: .utf8)).flatMap {
      ModuleCardKind(rawValue: $0.filter { !$0.isWhitespace })
    }
  }

  func openModule(faults: [Fault]) throws -> SoftwareModule {
    let (memory, vault) = try memory(faults)
    return moduleKind == .batch
      ? SoftwareModule(batchModuleIn: memory, vault: vault, random: SystemRandomSource.shared)
      : SoftwareModule(memory: memory, vault: vault)
  }
}

/// What a module tells everybody.
struct ModuleReport: Encodable {
  let kind: String
  /// Of an identity module.
  let number, maker: String?
  let lot: Int?
  /// The module's public key, an uncompressed point.
  let key: String

  init(_ directory: CardDirectory) throws {
    let link = InProcessCard(try directory.openModule(faults: []))
    kind = directory.moduleKind?.rawValue ?? ""
    if directory.moduleKind == .batch {
      (number, maker, lot) = (nil, nil, nil)
      key = try OfflineTerminal(module: link).moduleKey.hex
    } else {
      let certificate = try ModuleAccess(link).certificate
      let body = certificate.claimedBody
      (number, maker, lot) = ("\(body.number)", certificate.claimedSender.name, body.lot)
      key = body.key.point.hex
    }
  }

  func print(json: Bool) throws {
    if json { return try Output.json(self) }
    var rows = [("Kind", kind == "batch" ? "a carrier's module for off-line batches" : "identity module of a \(kind)")]
    if let number, let maker, let lot { rows += [("Number", number), ("Maker", maker), ("Lot", "\(lot)")] }
    Output.rows(rows + [("Key", key)])
  }
}
