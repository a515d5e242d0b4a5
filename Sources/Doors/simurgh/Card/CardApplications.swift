import ArgumentParser
import Bytes
import CardManagement
import GlobalPlatform
import Identifiers
import Keys
import SecurityDomains
import Transport
import TransportCard
import World

extension CardCommand {
  struct Apps: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the domains, load files and applications on a GlobalPlatform card.",
      discussion: """
        Opens a secure channel (SCP03) to the issuer security domain of a software card, or of the card in a PC/SC \
        reader, and reads its registry. The keys are GlobalPlatform's public test keys, or derived from the issuer's key.

        Example: simurgh card apps element-1 --json
        """)

    @OptionGroup var card: CardOptions
    @Option(help: "A PC/SC reader instead: its name or a part of it; \"any\" for the first with a card.")
    var reader: String?
    @Option(help: "The file of the issuer's key, from which each card's keys derive.") var issuerKey: String?
    @Option(help: "The domain to ask.") var domain: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let master = try CardDirectory.masterKey(file: issuerKey)
        let aid = try Complaint.naming("--domain") {
          try domain.map { try AID([UInt8](hex: $0)) } ?? Personalisation.usualIssuerDomain
        }
        let link: any CardLink
        if let reader {
          link = try PCSC.connect(reader == "any" ? nil : reader)
        } else {
          let directory = try card.directory()
          guard directory.isManaged || !directory.exists else {
            throw Complaint(
              .data, "The card in \(directory.path) is \(directory.isModule ? "an identity module" : "an eUICC").",
              remedy: "See what is on it with: simurgh card show \(directory.name)")
          }
          guard directory.exists else {
            throw Complaint(
              .noInput, "There is no software card in \(directory.path).",
              remedy: "Make one with: simurgh card create \(directory.name) --global-platform")
          }
          link = InProcessCard(try directory.card())
        }
        _ = try link.reset()
        let session = try ManagementSession(link, domain: aid, random: SystemRandomSource.shared) {
          card throws(KeyError) in
          try SoftwareManagedCard.keys(master: master, diversificationData: card.diversificationData)
        }
        try ApplicationsReport(session).print(json: json)
      }
    }
  }
}

/// What a card's registry tells.
private struct ApplicationsReport: Encodable {
  struct Entry: Encodable {
    let aid, kind, state, domain: String
    let loadFile, version: String?
    let modules, privileges: [String]
  }

  let entries: [Entry]

  init(_ session: ManagementSession) throws {
    let parts: [(Registry.Part, String)] = [
      (.issuerSecurityDomain, "issuer domain"), (.applications, "application"), (.loadFilesAndModules, "load file"),
    ]
    var entries: [Entry] = []
    for (part, name) in parts {
      for found in try session.registry(part) {
        let isDomain = part == .applications && found.privileges?.contains(.securityDomain) == true
        entries.append(Entry(found, kind: isDomain ? "domain" : name))
      }
    }
    self.entries = entries
  }

  func print(json: Bool) throws {
    if json { return try Output.json(entries) }
    Output.table(
      ["AID", "KIND", "STATE", "DOMAIN", "FROM", "VERSION", "MODULES", "PRIVILEGES"],
      entries.map { entry in
        [
          entry.aid, entry.kind, entry.state, entry.domain, entry.loadFile ?? "", entry.version ?? "",
          entry.modules.joined(separator: " "), entry.privileges.joined(separator: ", "),
        ]
      })
  }
}

extension ApplicationsReport.Entry {
  init(_ entry: Registry.Entry, kind: String) {
    (aid, self.kind, domain) = (entry.aid.bytes.hex, kind, entry.domain?.bytes.hex ?? "")
    loadFile = entry.loadFile?.bytes.hex
    version = entry.version.map { $0.map { String($0) }.joined(separator: ".") }
    modules = entry.modules.map(\.bytes.hex)
    privileges = (entry.privileges ?? []).names
    let state = LifeCycle(rawValue: entry.lifeCycle)
    self.state =
      if kind == "issuer domain" {
        CardLifeCycle(rawValue: entry.lifeCycle).map { "\($0)" } ?? [entry.lifeCycle].hex
      } else if state.isLocked {
        "locked"
      } else {
        switch state {
        case .loaded: "loaded"
        case .installed: "installed"
        case .selectable: "selectable"
        case .personalized: "personalized"
        default: [entry.lifeCycle].hex
        }
      }
  }
}

extension Privileges {
  /// The privileges by their names.
  fileprivate var names: [String] {
    let all: [(Privileges, String)] = [
      (.securityDomain, "security domain"), (.dapVerification, "DAP verification"),
      (.delegatedManagement, "delegated management"), (.cardLock, "card lock"), (.cardTerminate, "card terminate"),
      (.cardReset, "card reset"), (.cvmManagement, "CVM management"),
      (.mandatedDAPVerification, "mandated DAP verification"), (.trustedPath, "trusted path"),
      (.authorizedManagement, "authorized management"), (.tokenVerification, "token verification"),
      (.globalDelete, "global delete"), (.globalLock, "global lock"), (.globalRegistry, "global registry"),
      (.finalApplication, "final application"), (.globalService, "global service"),
      (.receiptGeneration, "receipt generation"), (.cipheredLoadFileDataBlock, "ciphered load file data block"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}
