import Bytes
import CardIssuer
import CardTerminal
import Charging
import CircleFiles
import Foundation
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import StoreSQLite
import Transport
import TransportCard
import World

/// The payment scheme of a site: what its issuer, charging centre, terminals and cards keep, in one directory.
struct PaymentSite {
  let site: Site

  private var directory: String { "\(site.directory)/payment" }
  private var schemeFile: String { "\(directory)/scheme" }
  private var issuerKey: KeyFile { keyFile("\(directory)/issuer.key") }
  private var centreKey: KeyFile { keyFile("\(directory)/centre.key") }
  private var centreCertificateFile: String { "\(directory)/centre.certificate" }
  private func terminalDirectory(_ number: TerminalNumber) -> String { "\(directory)/terminals/\(number)" }
  private func keyFile(_ path: String) -> KeyFile { KeyFile(path: path, room: "payment") }

  /// The random source of everything that is made here.
  static let random = SystemRandomSource.shared

  // MARK: The scheme and its issuer

  /// Makes the issuer's master key; refused where there is one.
  func begin(_ name: String, currency: Currency = .euro, now: Instant) throws -> Scheme {
    guard !FileManager.default.fileExists(atPath: schemeFile) else {
      throw Complaint(.data, "There is a payment scheme in \(directory) already.")
    }
    let key = PrivateKey(.p256, random: Self.random)
    let scheme = try Complaint.naming("the name") {
      try Scheme(name: name, masterKey: key.publicKey, currency: currency)
    }
    let vault = try site.vault()
    try Folder.make(directory)
    try issuerKey.write(key, vault)
    // The charging centre belongs to the scheme from the first day.
    let newCentreKey = PrivateKey(.p256, random: Self.random)
    let term = Term(serial: 1, notBefore: now - .seconds(86_400), notAfter: now + .seconds(3650 * 86_400))
    let certificate = try Issuer(scheme: name, masterKey: key, currency: currency).certifyCentre(
      key: newCentreKey.publicKey, term: term)
    try centreKey.write(newCentreKey, vault)
    try KeyFile.write(certificate.encoded, to: centreCertificateFile)
    // Last: without this file there is no scheme yet.
    try KeyFile.write(scheme.encoded, to: schemeFile)
    return scheme
  }

  /// Whether there is a scheme.
  var exists: Bool { FileManager.default.fileExists(atPath: schemeFile) }

  func scheme() throws -> Scheme {
    try Scheme(encoded: read(schemeFile, "payment scheme", "simurgh issuer begin NAME"))
  }

  func issuer() throws -> CardIssuer.Desk {
    let scheme = try scheme()
    return try CardIssuer.Desk(
      store: site.store(nil),
      issuer: Issuer(scheme: scheme.name, masterKey: readKey(issuerKey), currency: scheme.currency))
  }

  func centre() throws -> Charging.Desk {
    let scheme = try scheme()
    return try Charging.Desk(
      store: site.store(ChargingConfiguration.read(site.chargingConfigurationFile).store), scheme: scheme,
      certificate: Signed(encoded: read(centreCertificateFile, "charging centre", "simurgh issuer begin NAME")),
      key: readKey(centreKey))
  }

  // MARK: Terminals

  /// Loads keys into a terminal, as at its manufacture; a terminal that has some gets a new certificate for them.
  func makeTerminal(_ number: TerminalNumber, days: Int, now: Instant) throws -> String {
    let place = terminalDirectory(number)
    let issuer = try issuer()
    try Folder.make(place)
    let file = keyFile("\(place)/terminal.key")
    if !file.exists { try file.write(PrivateKey(.p256, random: Self.random), site.vault()) }
    let key = try readKey(file)
    let certificate = try issuer.certify(number, key: key.publicKey, days: days, now: now)
    try load(TerminalIdentity(scheme: issuer.issuer.scheme, certificate: certificate, key: key), into: place)
    return place
  }

  /// The key of a terminal that is being installed: made here once, and the same when the installation is repeated.
  func installationKey(_ number: TerminalNumber) throws -> PrivateKey {
    let place = terminalDirectory(number)
    guard !FileManager.default.fileExists(atPath: "\(place)/terminal.certificate") else {
      throw Complaint(.data, "Terminal \(number) has its keys: they are in \(place).")
    }
    let file = keyFile("\(place)/terminal.key")
    if !file.exists {
      try Folder.make(place, isPrivate: true)
      try file.write(PrivateKey(.p256, random: Self.random), site.vault())
    }
    return try readKey(file)
  }

  /// Keeps what makes a device a terminal, and returns where.
  func keep(_ identity: TerminalIdentity) throws -> String {
    let place = terminalDirectory(identity.number)
    try load(identity, into: place)
    return place
  }

  /// The certificate is written last: with it the terminal is one.
  private func load(_ identity: TerminalIdentity, into place: String) throws {
    try KeyFile.write(identity.scheme.encoded, to: "\(place)/scheme")
    try KeyFile.write(identity.certificate.encoded, to: "\(place)/terminal.certificate")
  }

  func terminal(_ number: TerminalNumber) throws -> (identity: TerminalIdentity, memory: TerminalMemory) {
    let place = terminalDirectory(number)
    let remedy = "simurgh issuer terminal \(number)"
    let certificate = try read("\(place)/terminal.certificate", "terminal \(number)", remedy)
    let identity = try TerminalIdentity(
      scheme: Scheme(encoded: read("\(place)/scheme", "scheme of terminal \(number)", remedy)),
      certificate: Signed(encoded: certificate), key: readKey(keyFile("\(place)/terminal.key")))
    return (identity, try TerminalMemory(SQLiteStore(path: "\(place)/memory.sqlite"), clock: .now()))
  }

  // MARK: Cards

  /// A software card called `name`, new where there is none.
  func card(_ name: String, isNew: Bool = false) throws -> SoftwarePaymentCard {
    guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), name == name.printable() else {
      throw Complaint(.data, "\"\(name)\" is no name of a card.", remedy: "Take a word like card-1.")
    }
    let place = "\(directory)/cards/\(name)"
    guard FileManager.default.fileExists(atPath: place) != isNew else {
      throw isNew
        ? Complaint(.data, "There is a card in \(place) already.", remedy: "Take another name.")
        : Complaint(
          .noInput, "There is no payment card in \(place).", remedy: "Make one with: simurgh issuer issue \(name)")
    }
    if isNew { try Folder.make("\(directory)/cards") }
    let vault = try site.vault()
    let memory = try LogMemory(SealedLog(FileLog(directory: place), vault: vault, random: Self.random))
    return SoftwarePaymentCard(memory: memory, vault: vault)
  }

  /// The line to a card: in software, or in a PC/SC reader.
  func link(card name: String?, reader: String?, isNew: Bool = false) throws -> any CardLink {
    if let reader { return try PCSC.connect(reader == "any" ? nil : reader) }
    return InProcessCard(try card(name ?? "card", isNew: isNew))
  }

  // MARK: Rotation

  /// Brings the keys of issuer, charging centre and terminals under the current master key; each file is written whole or
  /// not at all.
  func rewrapKeys(_ vault: KeyVault) throws {
    let terminals = try names(in: "\(directory)/terminals").map { keyFile("\(directory)/terminals/\($0)/terminal.key") }
    for file in [issuerKey, centreKey] + terminals { try file.rewrap(vault) }
  }

  /// Where the software cards are, a directory each.
  var cards: [String] { get throws { try names(in: "\(directory)/cards").map { "\(directory)/cards/\($0)" } } }

  private func names(in directory: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: directory) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
  }

  // MARK: Files

  private func read(_ file: String, _ what: String, _ remedy: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Complaint(.noInput, "There is no \(what) in \(directory).", remedy: "Make one with: \(remedy)")
    }
    return Array(data)
  }

  private func readKey(_ file: KeyFile) throws -> PrivateKey {
    try file.read(site.vault(), remedy: "simurgh issuer begin NAME")
  }
}
