import Bytes
import CertificateIssuer
import CircleFiles
import ContentManagement
import DataProvidingApparatus
import DataRegistrar
import Foundation
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureChannel
import SecureMessages
import SecurityDomains
import Store
import StoreSQLite
import TLV
import Transport
import TransportHTTP
import UserApparatus
import World

/// The data storing system of a site: registrars, issuers and providers, a directory each.
struct AgreementSite {
  let site: Site

  /// What a party is; its directory's name begins with it.
  enum Kind: String {
    case issuerRegistrar = "issuer-registrar"
    case dataRegistrar = "data-registrar"
    case issuer, provider

    func party(_ name: String) throws(InvalidIdentifier) -> Party {
      switch self {
      case .issuerRegistrar: try .issuerRegistrar(name)
      case .dataRegistrar: try .dataRegistrar(name)
      case .issuer: try .issuer(name)
      case .provider: try .provider(name)
      }
    }
  }

  static let random = SystemRandomSource.shared
  /// The registrar's domain on cards that take certified data alone.
  static let registrarDomain = AID(literal: "A000000667F0")

  var directory: String { "\(site.directory)/agreement" }

  private func place(_ party: Party) -> String {
    "\(directory)/\(party.name.replacingOccurrences(of: ":", with: "="))"
  }

  /// The party called `name`: letters, digits and hyphens, for it is a directory's name too.
  static func party(_ kind: Kind, _ name: String) throws -> Party {
    guard !name.isEmpty, name.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }) else {
      throw Complaint(.usage, "\"\(name)\" is no name: letters, digits and hyphens are wanted.")
    }
    return try Complaint.naming("the name") { try kind.party(name) }
  }

  /// Whether the party is of this site.
  func has(_ party: Party) -> Bool { FileManager.default.fileExists(atPath: "\(place(party))/key") }

  // MARK: Keys and certificates

  /// Makes a party's key and secret, where there are none yet.
  func begin(_ party: Party) throws -> KeyHolder {
    guard !has(party) else { return try holder(party) }
    let (vault, place) = (try site.vault(), place(party))
    try Folder.make(place, isPrivate: true)
    let key = PrivateKey(.p256, random: Self.random)
    try keep(Secret(Self.random.bytes(32)), "secret", of: party, vault)
    // Last: without its key the party is not there yet.
    try keep(key.scalar, "key", of: party, vault)
    return KeyHolder(party, key: key)
  }

  func holder(_ party: Party) throws -> KeyHolder {
    KeyHolder(party, key: try PrivateKey(.p256, scalar: secret("key", of: party).bytes))
  }

  private func keep(_ secret: Secret, _ file: String, of party: Party, _ vault: KeyVault) throws {
    try KeyFile.write(
      vault.wrap(secret, context: "agreement \(party) \(file)", random: Self.random), to: "\(place(party))/\(file)")
  }

  private func secret(_ file: String, of party: Party) throws -> Secret {
    try site.existingVault().unwrap(read(file, of: party), context: "agreement \(party) \(file)")
  }

  /// After the master key was rotated: brings keys and secrets of parties, providers' first keys and users' keys under
  /// the current one.
  func rewrap(_ vault: KeyVault) throws {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for party in names.compactMap({ try? Party($0.replacingOccurrences(of: "=", with: ":")) }) where has(party) {
      for file in ["key", "secret", "cards"] {
        guard let wrapped = FileManager.default.contents(atPath: "\(place(party))/\(file)").map(Array.init),
          vault.isOutdated(wrapped)
        else { continue }
        let context = "agreement \(party) \(file)"
        try write(vault.rewrap(wrapped, context: context, random: Self.random), file, of: party)
      }
      if party.name.hasPrefix("provider:") {
        try DataProvidingApparatus.Desk.rewrap(vault, random: Self.random, in: store(party))
      }
    }
    guard FileManager.default.fileExists(atPath: userFile) else { return }
    try UserTerminal.rewrap(vault, random: Self.random, in: SQLiteStore(path: userFile))
  }

  /// The store of the site's users.
  var userFile: String { "\(directory)/user.sqlite" }

  /// A file of a party.
  func read(_ file: String, of party: Party) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: "\(place(party))/\(file)") else {
      throw Complaint(
        .noInput, "There is no \(party) in \(directory).",
        remedy: party.name.contains("registrar")
          ? "Begin with: simurgh registrar begin"
          : party.name.hasPrefix("issuer")
            ? "Make it with: simurgh issuer data begin NAME" : "Make it with: simurgh provider begin NAME")
    }
    return Array(data)
  }

  func write(_ bytes: [UInt8], _ file: String, of party: Party) throws {
    try KeyFile.write(bytes, to: "\(place(party))/\(file)")
  }

  private func store(_ party: Party) throws -> any Store {
    _ = try read("key", of: party)
    return try SQLiteStore(path: "\(place(party))/store.sqlite")
  }

  // MARK: Parties

  /// The registrars of the site: one of issuers, one of providers and data.
  static func issuerRegistrar() throws -> Party { try .issuerRegistrar("site") }
  static func dataRegistrar() throws -> Party { try .dataRegistrar("site") }

  func issuers() throws -> CertificateIssuer.Desk {
    let party = try Self.issuerRegistrar()
    return try CertificateIssuer.Desk(store: store(party), holder: holder(party))
  }

  func data() throws -> DataRegistrar.Desk {
    let party = try Self.dataRegistrar()
    return try DataRegistrar.Desk(store: store(party), holder: holder(party), domain: Self.registrarDomain)
  }

  func issuing(_ party: Party, peers: any Peers) throws -> IssuingApparatus.Desk {
    let master =
      try FileManager.default.fileExists(atPath: "\(place(party))/cards")
      ? secret("cards", of: party) : nil
    var settings = IssuingApparatus.Desk.Settings(
      holder: try holder(party), irc: try Signed(encoded: read("registration", of: party)),
      issuerRegistrar: try known(Self.issuerRegistrar()), dataRegistrar: try known(Self.dataRegistrar()),
      domain: Personalisation.usualIssuerDomain, secret: try secret("secret", of: party),
      cardKeys: { try SoftwareManagedCard.keys(master: master, diversificationData: $0) })
    settings.mandatedDomain = Self.registrarDomain
    return try IssuingApparatus.Desk(store: store(party), settings: settings, peers: peers)
  }

  /// Gives an issuer the key that its cards' keys derive from.
  func keepCardKey(_ key: Secret, of party: Party) throws { try keep(key, "cards", of: party, site.vault()) }

  func providing(_ party: Party, peers: any Peers) throws -> DataProvidingApparatus.Desk {
    let settings = DataProvidingApparatus.Desk.Settings(
      holder: try holder(party), registered: try RegisteredProvider(encoded: read("registration", of: party)),
      issuerRegistrar: try known(Self.issuerRegistrar()), dataRegistrar: try known(Self.dataRegistrar()),
      secret: try secret("secret", of: party))
    return try DataProvidingApparatus.Desk(
      store: store(party), settings: settings, vault: site.existingVault(), peers: peers)
  }

  /// Registers an issuer or a provider with its registrar, who approved the name.
  func register(_ party: Party, domain: AID?, now: Instant) throws {
    let registrar = try domain == nil ? Self.issuerRegistrar() : Self.dataRegistrar()
    // Nothing is begun that cannot be registered.
    _ = try (known(Self.issuerRegistrar()), known(Self.dataRegistrar()))
    let holder = try begin(party)
    let application = try Signed(
      RegistrationApplication(key: holder.key.publicKey, domain: domain), by: holder, to: registrar,
      term: Term(serial: 1, notBefore: now, notAfter: now + AgreementTimes.request))
    let answer: [UInt8]
    do { answer = try SitePeers(self).send(application.encoded, to: registrar) } catch {
      throw Complaint(.unavailable, "\(registrar) does not answer: \(error).", remedy: "Try the same again later.")
    }
    if let refused = try? Refused(encoded: answer) {
      throw Complaint(
        .refused, "\(registrar) refuses: \(refused.reason).",
        remedy: "Have the name approved first: simurgh registrar approve \(party)")
    }
    try write(answer, "registration", of: party)
  }

  /// The hosts of parties that run elsewhere, from DIR/agreement/hosts: a party and its host a line.
  func hosts() -> [String: String] {
    let text = (try? String(contentsOfFile: "\(directory)/hosts", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").reduce(into: [:]) { hosts, line in
      let words = line.split(separator: " ")
      if words.count == 2 { hosts[String(words[0])] = String(words[1]) }
    }
  }

  /// Delivers what waits at the registrars and at `parties`, until nothing more moves.
  func deliver() throws {
    let peers = SitePeers(self)
    var moved = 1
    while moved > 0 {
      moved = 0
      for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
        guard let party = try? Party(name.replacingOccurrences(of: "=", with: ":")), has(party) else { continue }
        moved +=
          try book(party)?.deliver(over: peers, now: .now())
          ?? Parcels.deliver(from: store(party), over: peers, party: party.name, now: .now())
      }
    }
  }
}

/// The other parties as this site reaches them: over TLS where a host is entered, else in its own directory.
struct SitePeers: Peers {
  private let agreement: AgreementSite
  init(_ agreement: AgreementSite) { self.agreement = agreement }

  func send(_ message: [UInt8], to peer: Party) throws -> [UInt8] {
    let hosts = agreement.hosts()
    if hosts[peer.name] != nil {
      let client = try HTTPSClient(agreement.site.existingCircle().callers())
      defer { client.close() }
      return try ServerPeers(client, hosts: { hosts[$0.name] }).send(message, to: peer)
    }
    let (now, random) = (Instant.now(), AgreementSite.random)
    switch peer {
    case try AgreementSite.issuerRegistrar():
      return try agreement.issuers().respond(to: message, now: now, random: random)
    case try AgreementSite.dataRegistrar():
      return try agreement.data().respond(to: message, now: now, random: random)
    default:
      guard agreement.has(peer) else {
        throw LinkError(.unreachable, "nobody says where \(peer) is; enter it in DIR/agreement/hosts")
      }
      return peer.name.hasPrefix("issuer:")
        ? try agreement.issuing(peer, peers: self).respond(to: message, now: now, random: random)
        : try agreement.providing(peer, peers: self).respond(to: message, now: now, random: random)
    }
  }
}

extension UInt8 {
  /// A letter or digit of ASCII.
  fileprivate var isLetterOrDigit: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}
