import Bytes
import CircleFiles
import Foundation
import Identifiers
import Keys
import SecureElement
import SecurityDomains
import World

/// Cards for GlobalPlatform, in directories like eUICCs.
extension CardDirectory {
  /// Makes a card called `iccid`, or with a number that `seed` decides, whose keys derive from `master`; with the public
  /// test keys where it is nil.
  func createManaged(seed: [UInt8], iccid: ICCID?, domain: AID?, master: Secret?) throws -> ICCID {
    try checkNew()
    let iccid = try iccid ?? Self.number(seed)
    let vault = try site.vault()
    try Folder.make(path, isPrivate: true)
    let memory = try LogMemory(SealedLog(FileLog(directory: path), vault: vault, random: SystemRandomSource.shared))
    try SoftwareManagedCard.make(
      on: memory, iccid: iccid, domain: domain ?? Personalisation.usualIssuerDomain, master: master, vault: vault,
      random: SystemRandomSource.shared)
    // Last: a directory without this file is no card yet.
    try DurableFile.write("\(iccid.digits)\n", to: managedFile, isSecret: false)
    return iccid
  }

  func openManaged(faults: [Fault]) throws -> SoftwareManagedCard {
    let (memory, vault) = try memory(faults)
    return SoftwareManagedCard(memory: memory, vault: vault, freeBytes: freeBytes(faults))
  }

  /// 89 88211 and eleven digits of the seed.
  private static func number(_ seed: [UInt8]) throws -> ICCID {
    let body = "8988211" + sha256(seed).prefix(11).map { String($0 % 10) }.joined()
    return try ICCID(body + LabSubscriber.checkDigit(of: body))
  }

  /// The master key in a file: 32, 48 or 64 hexadecimal digits.
  static func masterKey(file: String?) throws -> Secret? {
    guard let file else { return nil }
    let text = try InputFile.text(file).filter { !$0.isWhitespace }
    guard let bytes = try? [UInt8](hex: text), [16, 24, 32].contains(bytes.count) else {
      throw Complaint(
        .data, "\(file) does not hold an issuer's key of 32, 48 or 64 hexadecimal digits.",
        remedy: "Make one with: openssl rand -hex 16")
    }
    return Secret(bytes)
  }
}
