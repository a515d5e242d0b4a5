import Bytes
import CircleFiles
import ContentManagement
import Foundation
import Identifiers
import Keys
import MutualAgreement
import SecureMessages

/// The registrars as a site knows them: its own, or those of another site whose keys it took over.
extension AgreementSite {
  private var file: String { "\(directory)/registrars" }

  /// A registrar with its public key.
  func known(_ registrar: Party) throws -> KnownParty {
    if has(registrar) { return try holder(registrar).known }
    let text = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
    if let found = try Self.read(text, file).first(where: { $0.party == registrar }) { return found }
    throw Complaint(
      .noInput, "There is no \(registrar) in \(directory).",
      remedy: "Begin with: simurgh registrar begin, or take over another site's: simurgh registrar trust FILE")
  }

  /// Both registrars, a line each, for other sites.
  func registrarLines() throws -> [String] {
    try [Self.issuerRegistrar(), Self.dataRegistrar()].map { "\($0) \(try known($0).key.point.hex)" }
  }

  /// Takes over the registrars of another site, from a file with the lines of ``registrarLines()``.
  func trust(_ named: String) throws -> [Party] {
    let text = try InputFile.text(named)
    let found = try Self.read(text, named)
    let wanted = try [Self.issuerRegistrar(), Self.dataRegistrar()]
    guard Set(found.map(\.party)) == Set(wanted), found.count == wanted.count else {
      throw Complaint(
        .data, "\(named) does not name both registrars.", remedy: "Make it there with: simurgh registrar show > FILE")
    }
    for registrar in found where has(registrar.party) {
      throw Complaint(.refused, "\(directory) has registrars of its own.", remedy: "Use another directory.")
    }
    try Folder.make(directory, isPrivate: true)
    try KeyFile.write(Array(text.utf8), to: file)
    return found.map(\.party)
  }

  private static func read(_ text: String, _ file: String) throws -> [KnownParty] {
    try text.split(separator: "\n").enumerated().map { number, line in
      let words = line.split(separator: " ")
      guard words.count == 2, let party = try? Party(String(words[0])), let point = try? [UInt8](hex: words[1]),
        let key = try? PublicKey(.p256, point: point)
      else { throw Complaint(.data, "Line \(number + 1) of \(file) is not a registrar and its public key.") }
      return KnownParty(party, key: key)
    }
  }

  /// The book of one of the site's own registrars; nil for another party.
  func book(_ party: Party) throws -> RegistrarBook? {
    switch party {
    case try Self.issuerRegistrar(): try issuers().book
    case try Self.dataRegistrar(): try data().book
    default: nil
    }
  }

  /// Approves a name at its registrar. The other registrar's lists are for it too.
  func approve(_ party: Party, now: Instant) throws {
    let isIssuer = party.name.hasPrefix("issuer:")
    let (issuers, data) = (try issuers().book, try data().book)
    try (isIssuer ? issuers : data).approve(party)
    try (isIssuer ? data : issuers).subscribe(party, now: now)
  }

  /// Where a registration comes from that another party is to be known by: a file that its site wrote, or this site.
  func registration(of party: Party, file: String?) throws -> [UInt8] {
    guard let file else { return try read("registration", of: party) }
    let text = try InputFile.text(file).filter { !$0.isWhitespace }
    guard let bytes = try? [UInt8](hex: text) else {
      throw Complaint(.data, "\(file) holds no registration.", remedy: "Make it there with: simurgh … show NAME > FILE")
    }
    return bytes
  }
}
