import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import SecureElement
import Transport
import World

/// A software card in a directory: what it has stored, and nothing else. One process at a time has it open.
struct CardDirectory {
  let path: String
  let name: String
  let site: Site

  /// The card called `name` of a site; a name with a slash is a directory anywhere.
  init(_ name: String, of site: Site) throws {
    guard !["", ".", ".."].contains(name), name == name.printable() else {
      throw Complaint(.data, "\"\(name)\" is no name of a card.", remedy: "Take a word like phone-1, or a directory.")
    }
    (self.name, self.site) = (name, site)
    path = name.contains("/") ? name : "\(site.cards)/\(name)"
  }

  var exists: Bool { FileManager.default.fileExists(atPath: "\(path)/eid") || isManaged || isM2M || isModule }

  /// Whether it is a card for GlobalPlatform, and no eUICC.
  var isManaged: Bool { FileManager.default.fileExists(atPath: managedFile) }
  var managedFile: String { "\(path)/iccid" }

  /// Whether it is an eUICC that an SM-SR manages.
  var isM2M: Bool { FileManager.default.fileExists(atPath: m2mFile) }
  var m2mFile: String { "\(path)/m2m" }

  /// Whether it is a module of handset and card registration.
  var isModule: Bool { FileManager.default.fileExists(atPath: moduleFile) }
  var moduleFile: String { "\(path)/module" }

  /// The card's EID, without opening its memory.
  func eid() throws -> EID {
    guard !isManaged else {
      throw Complaint(
        .data, "The card in \(path) is no eUICC.", remedy: "See what is on it with: simurgh card apps \(name)")
    }
    guard !isM2M else {
      throw Complaint(
        .data, "The eUICC in \(path) is managed by an SM-SR, and has no place for an LPA.",
        remedy: "See what is on it with: simurgh card show \(name)")
    }
    guard !isModule else {
      throw Complaint(
        .data, "The card in \(path) is an identity module, and has no profiles.",
        remedy: "See what it is with: simurgh card show \(name)")
    }
    guard let text = try? String(contentsOfFile: "\(path)/eid", encoding: .utf8) else {
      throw Complaint(
        .noInput, "There is no software card in \(path).",
        remedy: "Make one with: simurgh card create \(name) --dir \(site.directory)")
    }
    return try EID(text.filter { !$0.isWhitespace })
  }

  /// Refuses the place of a card that is there.
  func checkNew() throws {
    guard !exists else {
      throw Complaint(
        .data, "There is a card in \(path) already.", remedy: "Take another name, or delete the directory.")
    }
  }

  /// Makes an eUICC: `seed` decides its keys and, unless `eid` is given, its EID. Issuers on `curve` come first in its
  /// lists of identifiers, whose order is its preference.
  func create(
    seed: [UInt8], eid: EID?, curve: Curve? = nil, circle: CircleDirectory, smdpPlus: String?, smds: String
  ) throws -> EID {
    try checkNew()
    func preferred(_ role: Role) throws -> [CircleDirectory.Entry] {
      let entries = try circle.entries(role)
      return entries.filter { $0.certificate.publicKey.curve == curve }
        + entries.filter { $0.certificate.publicKey.curve != curve }
    }
    let manufacturers = try preferred(.eum).compactMap { entry in
      try entry.key.map { try Authority(certificate: entry.certificate, key: $0) }
    }
    guard let first = manufacturers.first else {
      throw Complaint(
        .configuration, "The circle has no manufacturer (EUM) whose private key is here, so no eUICC can be certified.")
    }
    guard curve == nil || first.key.curve == curve else {
      throw Complaint(.configuration, "The circle has no manufacturer (EUM) on that curve whose private key is here.")
    }
    let vault = try site.vault()
    try Folder.make(path, isPrivate: true)
    let now = Instant.now()
    let memory = try LogMemory(SealedLog(FileLog(directory: path), vault: vault, random: SystemRandomSource.shared))
    let made = try SoftwareEUICC.make(
      on: memory, seed: seed, eid: eid, manufacturers: manufacturers,
      roots: try preferred(.certificateIssuer).map(\.certificate), validity: UsualValidity.from(now),
      defaultSMDPPlus: smdpPlus, rootSMDS: smds, vault: vault, now: now)
    // Last: a directory without this file is no card yet.
    try DurableFile.write("\(made)\n", to: "\(path)/eid", isSecret: false)
    return made
  }

  /// The eUICC, without power, with the faults that concern its memory.
  func open(faults: [Fault] = []) throws -> SoftwareEUICC {
    _ = try eid()
    let (memory, vault) = try memory(faults)
    return SoftwareEUICC(memory: memory, vault: vault, freeBytes: freeBytes(faults))
  }

  func freeBytes(_ faults: [Fault]) -> Int? { faults.contains(.memoryFull) ? Fault.scarceMemory : nil }

  /// The card's memory, and what opens the secrets in it.
  func memory(_ faults: [Fault]) throws -> (any CardMemory, KeyVault) {
    let size = try? FileManager.default.attributesOfItem(atPath: "\(path)/card.log")[.size] as? Int
    guard let size, size > 0 else {
      throw Complaint(
        .data, "The software card in \(path) has lost its memory: card.log is \(size == nil ? "missing" : "empty").",
        remedy: "Put the file back from a copy, or delete the directory and make the card anew.")
    }
    let vault = try site.vault()
    let storage = Fault.storage(faults, over: try FileLog(directory: path))
    return (try LogMemory(SealedLog(storage, vault: vault, random: SystemRandomSource.shared)), vault)
  }

  /// The card of whichever kind, without power.
  func card(faults: [Fault] = []) throws -> any CardSide {
    if isManaged { return try openManaged(faults: faults) }
    if isM2M { return try openM2M(faults: faults) }
    if isModule { return try openModule(faults: faults) }
    return try open(faults: faults)
  }

  /// The card with all `faults`; `sink` is told what passes.
  func side(faults: [Fault], sink: (any EventSink)? = nil) throws -> any CardSide {
    let card = try card(faults: faults)
    return faults.isEmpty && sink == nil ? card : FaultyCard(card, faults: faults, sink: sink)
  }
}
