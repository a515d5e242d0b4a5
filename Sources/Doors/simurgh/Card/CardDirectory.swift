import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import SecureElement
import World

/// A software eUICC in a directory: what it has stored, and nothing else. One process at a time has it open.
struct CardDirectory {
  let path: String
  let vault: KeyVault

  /// The card called `name` of a site; a name with a slash is a directory anywhere.
  init(_ name: String, of site: Site) throws {
    path = name.contains("/") ? name : "\(site.cards)/\(name)"
    vault = try site.vault()
  }

  var exists: Bool { FileManager.default.fileExists(atPath: "\(path)/eid") }

  /// The card's EID, without opening its memory.
  func eid() throws -> EID {
    guard let text = try? String(contentsOfFile: "\(path)/eid", encoding: .utf8) else {
      throw Complaint(
        .noInput, "There is no software card in \(path).", remedy: "Make one with: simurgh card create NAME")
    }
    return try EID(text.filter { !$0.isWhitespace })
  }

  /// Makes the card: `seed` decides its keys and, unless `eid` is given, its EID.
  func create(seed: [UInt8], eid: EID?, circle: CircleDirectory, smdpPlus: String?, smds: String) throws -> EID {
    guard !exists else {
      throw Complaint(
        .data, "There is a card in \(path) already.", remedy: "Take another name, or delete the directory.")
    }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let manufacturers = try circle.entries(.eum).compactMap { entry in
      try entry.key.map { try Authority(certificate: entry.certificate, key: $0) }
    }
    guard !manufacturers.isEmpty else {
      throw Complaint(
        .configuration, "The circle has no manufacturer (EUM) whose private key is here, so no eUICC can be certified.")
    }
    let now = Instant.now()
    let memory = try LogMemory(SealedLog(FileLog(directory: path), vault: vault, random: SystemRandomSource.shared))
    let made = try SoftwareEUICC.make(
      on: memory, seed: seed, eid: eid, manufacturers: manufacturers,
      roots: try circle.entries(.certificateIssuer).map(\.certificate), validity: UsualValidity.from(now),
      defaultSMDPPlus: smdpPlus, rootSMDS: smds, vault: vault, now: now)
    // Last: a directory without this file is no card yet.
    try Data("\(made)\n".utf8).write(to: URL(fileURLWithPath: "\(path)/eid"), options: .atomic)
    return made
  }

  /// The card, without power. `log` may put a fault between the card and its memory.
  func open(_ fault: (any LogStorage) -> any LogStorage = { $0 }) throws -> SoftwareEUICC {
    _ = try eid()
    let memory = try LogMemory(
      SealedLog(fault(FileLog(directory: path)), vault: vault, random: SystemRandomSource.shared))
    return SoftwareEUICC(memory: memory, vault: vault)
  }
}
