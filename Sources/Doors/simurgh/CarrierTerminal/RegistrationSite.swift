import Bytes
import CarrierTerminal
import CircleFiles
import Foundation
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import World

/// Handset registration on a site: the carrier's keys, and the consortium's and factories' where they are a laboratory's.
struct RegistrationSite {
  let site: Site

  private static let remedy = "simurgh carrier-terminal begin NETWORK"
  private static let random = SystemRandomSource.shared

  private var carrierDirectory: String { "\(site.directory)/carrier-terminal" }
  private var factoryDirectory: String { "\(site.directory)/handset-factory" }
  private var networkFile: String { "\(carrierDirectory)/network" }
  /// E(KD_COB, KE_C).
  private var statementFile: String { "\(factoryDirectory)/carrier.statement" }
  private func carrierKey() -> KeyFile { KeyFile(path: "\(carrierDirectory)/carrier.key", room: "registration") }
  private func factoryKey(_ name: String) -> KeyFile {
    KeyFile(path: "\(factoryDirectory)/\(name).key", room: "registration")
  }

  /// What the laboratory's factories have besides the consortium's key.
  private static let factoryKeys = ["maker", "model", "terminal-model"]

  /// Whether there is a carrier here.
  var exists: Bool { FileManager.default.fileExists(atPath: networkFile) }

  /// Makes the keys of carrier, consortium, module maker and model; refused where they are there.
  func begin(_ network: PLMN, now: Instant) throws {
    guard !exists else { throw Complaint(.data, "There is a carrier in \(carrierDirectory) already.") }
    let vault = try site.vault()
    for folder in [carrierDirectory, factoryDirectory] { try Folder.make(folder, isPrivate: true) }
    func made(_ file: KeyFile) throws -> PrivateKey {
      // Cut off anywhere, it goes on with the keys that are there.
      if file.exists { return try file.read(vault, remedy: Self.remedy) }
      let key = PrivateKey(.p256, random: Self.random)
      try file.write(key, vault)
      return key
    }
    let carrier = try made(carrierKey())
    let consortium = KeyHolder(.consortium, key: try made(factoryKey("consortium")))
    for name in Self.factoryKeys { _ = try made(factoryKey(name)) }
    let statement = try Signed(
      CarrierKey(carrier: .carrier(network), key: carrier.publicKey), by: consortium,
      term: Term(serial: 1, notBefore: now, notAfter: now + .seconds(20 * 365 * 86_400)))
    try KeyFile.write(statement.encoded, to: statementFile)
    // Last: without this file there is no carrier yet.
    try KeyFile.write(Array((network.mcc + network.mnc).utf8), to: networkFile)
  }

  /// The carrier with KD_C.
  func carrier() throws -> KeyHolder {
    let text = String(
      decoding: try KeyFile.contents(networkFile, "carrier", remedy: Self.remedy), as: UTF8.self)
    return KeyHolder(
      .carrier(try Complaint.naming(networkFile) { try PLMN(text) }),
      key: try carrierKey().read(site.existingVault(), remedy: Self.remedy))
  }

  /// The laboratory's module maker.
  func maker() throws -> KeyHolder {
    KeyHolder(
      try Party("maker:laboratory"), key: try factoryKey("maker").read(site.existingVault(), remedy: Self.remedy))
  }

  /// KD_MSN of the laboratory's model.
  func modelKey() throws -> PrivateKey { try factoryKey("model").read(site.existingVault(), remedy: Self.remedy) }

  /// KD_A of the laboratory's model of registration terminal.
  func terminalModelKey() throws -> PrivateKey {
    try factoryKey("terminal-model").read(site.existingVault(), remedy: Self.remedy)
  }

  /// Where the dealers' registration terminal keeps what it has without power.
  var terminalDirectory: String { "\(site.directory)/registration-terminal" }

  /// The key of the registration terminal's unit.
  func terminalUnitKey() -> KeyFile { KeyFile(path: "\(terminalDirectory)/unit.key", room: "registration") }

  /// Where the handsets that dealers made are, a directory each.
  var handsets: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: handsetDirectory)) ?? []
    return names.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.map { "\(handsetDirectory)/\($0)" }
  }

  /// Where they are put.
  var handsetDirectory: String { "\(site.directory)/handsets" }

  /// The key of a handset's unit.
  func unitKey(ofHandset place: String) -> KeyFile { KeyFile(path: "\(place)/unit.key", room: "registration") }

  /// Brings the keys of carrier, factories and the dealers' units under the current master key.
  func rewrapKeys(_ vault: KeyVault) throws {
    let keys = [carrierKey(), terminalUnitKey()] + (["consortium"] + Self.factoryKeys).map(factoryKey)
    for file in keys + handsets.map(unitKey) { try file.rewrap(vault) }
  }

  /// The factories that make what a dealer has on the shelf. They have no key of the carrier's.
  func factory() throws -> HandsetFactory {
    let vault = try site.existingVault()
    return HandsetFactory(
      consortiumKey: try factoryKey("consortium").read(vault, remedy: Self.remedy).publicKey, maker: try maker(),
      modelKey: try modelKey(),
      signatureData: try KeyFile.contents(statementFile, "carrier", remedy: Self.remedy), vault: vault,
      random: Self.random)
  }
}
