import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import ManagedEUICC
import SGP02
import SecureElement
import UICC
import World

/// eUICCs that an SM-SR manages over the air, in directories like the others.
extension CardDirectory {
  /// Makes an eUICC that the circle's manufacturer certifies: `seed` decides its keys and, unless `eid` is given, its EID.
  func createM2M(
    seed: [UInt8], eid: EID?, circle: CircleDirectory, smsr: ShortMessageAddress, bootstrap: [UInt8]?
  ) throws -> EID {
    try checkNew()
    let manufacturer = try circle.entries(.eum).lazy.compactMap { entry in
      try entry.key.map { try Authority(certificate: entry.certificate, key: $0) }
    }.first { $0.key.curve == .p256 }
    guard let manufacturer else {
      throw Complaint(
        .configuration, "The circle has no manufacturer (EUM) on P-256 whose private key is here.",
        remedy: "SGP.02's certificates are on P-256: make a circle with simurgh ca init.")
    }
    let issuer = try circle.entries(.certificateIssuer).map(\.certificate).first {
      $0.subjectKeyIdentifier == manufacturer.certificate.authorityKeyIdentifier
    }
    guard let issuer else {
      throw Complaint(.configuration, "The circle does not have the issuer that certified the manufacturer (EUM).")
    }
    let vault = try site.vault()
    try Folder.make(path, isPrivate: true)
    let memory = try LogMemory(SealedLog(FileLog(directory: path), vault: vault, random: SystemRandomSource.shared))
    let made = try SoftwareM2MEUICC.make(
      on: memory, seed: seed, eid: eid, manufacturer: manufacturer, issuer: issuer.publicKey,
      validity: UsualValidity.from(.now()), smsr: smsr.dialling, bootstrap: bootstrap, vault: vault)
    // Last: a directory without this file is no card yet.
    try DurableFile.write("\(made)\n", to: m2mFile, isSecret: false)
    return made
  }

  func openM2M(faults: [Fault]) throws -> SoftwareM2MEUICC {
    let (memory, vault) = try memory(faults)
    return SoftwareM2MEUICC(memory: memory, vault: vault, freeBytes: freeBytes(faults))
  }
}

/// What stands on an eUICC that an SM-SR manages.
struct M2MReport: Encodable {
  struct SecurityDomain: Encodable {
    let aid, state, iccid: String
    let hasFallbackAttribute: Bool
  }

  let eid: String
  let keyVersions: [Int]
  /// What happened that the SM-SR has not confirmed; nil where it knows all.
  let unconfirmed: String?
  let isdps: [SecurityDomain]

  init(_ directory: CardDirectory) throws {
    let contents = CardContents(of: try directory.memory([]).0)
    eid = contents.eid?.digits ?? ""
    keyVersions = contents.keyVersions.map { Int($0) }
    unconfirmed = contents.pending.map { "\($0)" }
    isdps = contents.isdps.map {
      SecurityDomain(
        aid: $0.aid.description, state: "\($0.state)", iccid: $0.iccid?.digits ?? "",
        hasFallbackAttribute: $0.hasFallbackAttribute)
    }
  }

  func print(json: Bool) throws {
    if json { return try Output.json(self) }
    Output.rows([
      ("EID", eid), ("Managed", "by an SM-SR (SGP.02)"),
      ("Key sets", keyVersions.map { "version \($0)" }.joined(separator: ", ")),
      ("SM-SR", unconfirmed.map { "has not confirmed: \($0)" } ?? "knows all"),
    ])
    Swift.print()
    guard !isdps.isEmpty else { return Swift.print("There is no ISD-P.") }
    Output.table(
      ["ISD-P", "STATE", "ICCID", "FALL-BACK"],
      isdps.map { [$0.aid, $0.state, $0.iccid, $0.hasFallbackAttribute ? "yes" : ""] })
  }
}
