import APDU
import Bytes
import CircleFiles
import ContentManagement
import DataProvidingApparatus
import Dispatch
import Foundation
import GlobalPlatform
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureElement
import SecureMessages
import SecurityDomains
import StoreSQLite
import TLV
import Transport
import TransportCard
import TransportHTTP
import UserApparatus
import World

/// `simurgh lab data`: two issuers and two providers agree on what two cards hold, all of them servers over TLS.
struct DataStory {
  let site: Site
  let story: Story

  private static let issuers = ["alpha", "beta"]
  private static let providers = [("bus", "A0000006670C0000"), ("museum", "A0000006670D0000")]

  // Names of the lab's own: who makes a "bus" in the same directory gets another one.
  private static func issuer(_ name: String) throws -> Party { try .issuer("lab-\(name)") }
  private static func provider(_ name: String) throws -> Party { try .provider("lab-\(name)") }
  private static let ticket = AID(literal: "A00000066701")
  private static let guide = AID(literal: "A00000066702")

  func play() async throws {
    story.say("Simurgh lab in \(site.directory): data stored and deleted by mutual agreement")
    try site.create()
    let agreement = AgreementSite(site: site)
    try await prepare(agreement)
    let names = try Self.issuers.map { try Self.issuer($0) } + Self.providers.map { try Self.provider($0.0) }
    let hosts = Hosts()
    let client = try HTTPSClient(site.existingCircle().callers())
    let peers = ServerPeers(client, hosts: { hosts[$0] })
    var servers: [HTTPServer] = []
    do {
      for party in names {
        let server = try await AgreementServer.start(
          AgreementServer.responder(party, of: agreement, peers: peers).respond, site, certificate: "DPtls/agreement",
          host: "127.0.0.1", port: FreePort.find())
        servers.append(server)
        hosts[party] = "localhost:\(server.ports.first ?? 0)"
      }
      try await use(agreement, peers)
    } catch {
      for server in servers { await server.stop(grace: .zero) }
      throw error
    }
    for server in servers { await server.stop(grace: .seconds(2)) }
    client.close()
  }

  private func prepare(_ agreement: AgreementSite) async throws {
    let random = AgreementSite.random
    try await story.step("certificates", detail: { (_: Void) in "a circle for TLS" }) {
      let (circle, validity) = (site.circle, UsualValidity.from(.now()))
      if !circle.exists {
        try circle.begin(curve: .p256, organization: "Simurgh Lab", validity: validity, random: random)
      }
      guard !FileManager.default.fileExists(atPath: "\(circle.path)/DPtls/agreement.pem"),
        let oid = OID(LabNames.smdpOid)
      else { return }
      try circle.issue(
        .dpTLS(oid, hosts: ["localhost"]), named: "Simurgh Lab agreement", file: "agreement", curve: .p256,
        validity: validity, random: random)
    }
    try await story.step("registrars", detail: { (_: Void) in "of issuers, and of providers and data" }) {
      _ = try agreement.begin(AgreementSite.issuerRegistrar())
      _ = try agreement.begin(AgreementSite.dataRegistrar())
    }
    try await story.step("issuers", detail: { (_: Void) in "\(Self.issuers.joined(separator: ", ")): PKI and IRC" }) {
      for name in Self.issuers {
        let party = try Self.issuer(name)
        try agreement.approve(party, now: .now())
        try agreement.register(party, domain: nil, now: .now())
      }
    }
    try await story.step("providers", detail: { (_: Void) in "bus, museum: PKD and DPR" }) {
      for (name, domain) in Self.providers {
        let party = try Self.provider(name)
        try agreement.approve(party, now: .now())
        try agreement.register(party, domain: AID([UInt8](hex: domain)), now: .now())
      }
    }
  }

  /// Who agrees with whom, and in which way.
  private func agree(_ agreement: AgreementSite, _ peers: any Peers) throws {
    let ways: [(String, String, AgreementWay)] = [
      ("alpha", "bus", .throughProvider), ("alpha", "museum", .providerAlone), ("beta", "bus", .throughIssuer),
      ("beta", "museum", .certifiedProvider),
    ]
    for (issuer, provider, way) in ways {
      let (one, other) = (try Self.issuer(issuer), try Self.provider(provider))
      let issuing = try agreement.issuing(one, peers: peers)
      let providing = try agreement.providing(other, peers: peers)
      try providing.agree(with: issuing.irc, now: .now())
      try issuing.agree(
        with: RegisteredProvider(encoded: agreement.read("registration", of: other)).dpr, way: way, quota: 8000,
        now: .now())
      try issuing.deliver(now: .now())
    }
    for (provider, file, title) in [("bus", Self.ticket, "Bus ticket"), ("museum", Self.guide, "Museum guide")] {
      let desk = try agreement.providing(Self.provider(provider), peers: peers)
      for version in 1...2 as ClosedRange<UInt16> {
        let package = DataPackage(
          module: try AID(file.bytes + [1]), version: version,
          files: [.init(0x6F01, shortIdentifier: 1, content: Array("\(title), version \(version)".utf8))])
        try desk.offer(
          CatalogueItem(
            title: title, loadFile: file, application: AID(file.bytes + [1, 1]), package: package, price: 250))
      }
    }
  }

  private func use(_ agreement: AgreementSite, _ peers: any Peers) async throws {
    try await step("agreements", { "alpha–bus C3, alpha–museum C4, beta–bus C2, beta–museum C6" }) {
      try agree(agreement, peers)
    }
    var cards: [LabElement] = []
    for name in Self.issuers {
      let issuer = try Self.issuer(name)
      let card = try LabElement(agreement, peers)
      try await step("\(name): registered", { "card \(card.name) bears RC and IRC" }) {
        try agreement.issuing(issuer, peers: peers).enter(card.name)
        try card.terminal.register(with: issuer, user: "a user", now: .now(), random: AgreementSite.random)
        for (provider, _) in Self.providers { try card.admit(Self.provider(provider), agreement, peers) }
      }
      cards.append(card)
    }
    let (bus, museum) = (try Self.provider("bus"), try Self.provider("museum"))
    let (alpha, beta) = (try Self.issuer("alpha"), try Self.issuer("beta"))
    for (card, door, way) in [(cards[0], bus, "C3"), (cards[1], beta, "C2")] {
      try await step("\(way): ticket stored", { "\"\(try card.text(Self.ticket) ?? "")\" read from the card" }) {
        try card.ask(.store, Self.ticket, 1, bus, through: door)
        guard try card.text(Self.ticket) == "Bus ticket, version 1" else { throw Complaint(.data, "It is not there.") }
      }
    }
    for (card, way) in [(cards[0], "C4"), (cards[1], "C6")] {
      try await step("\(way): guide stored", { "by the provider, with the issuer's standing consent" }) {
        try card.ask(.store, Self.guide, 1, museum, through: museum)
      }
    }
    try await step("updated", { "version 2 in the place of version 1" }) {
      try cards[0].ask(.store, Self.ticket, 2, bus, through: bus)
    }
    try await refused("older version", as: .olderVersion) {
      try cards[0].ask(.store, Self.ticket, 1, bus, through: bus)
    }
    try await step("consent withdrawn", { "alpha's card takes the museum's privilege away" }) {
      let desk = try agreement.issuing(alpha, peers: peers)
      try desk.setConsent(false, to: museum, now: .now())
      try desk.deliver(now: .now())
      try cards[0].terminal.contact(alpha, now: .now(), random: AgreementSite.random)
    }
    try await refused("store without consent", as: .consentRefused) {
      try cards[0].ask(.store, Self.guide, 2, museum, through: museum)
    }
    try await step("deleted", { "by the agreement of both" }) {
      try cards[0].ask(.delete, Self.ticket, 2, bus, through: bus)
      guard try cards[0].text(Self.ticket) == nil else { throw Complaint(.data, "It is still there.") }
    }
    try await books(agreement, peers)
  }

  /// Issuers and providers say the same.
  private func books(_ agreement: AgreementSite, _ peers: any Peers) async throws {
    try await story.step("books", detail: { (text: String) in text }) {
      try await Self.apart {
        func lines(_ lines: [ContentBook.Line]) -> Set<String> {
          Set(lines.map { "\($0.card) \($0.loadFile) \($0.version.map { "\($0)" } ?? "-") \($0.wanted ?? 0)" })
        }
        var (issuing, providing): (Set<String>, Set<String>) = ([], [])
        for _ in 0..<50 {
          (issuing, providing) = ([], [])
          for name in Self.issuers {
            let desk = try agreement.issuing(Self.issuer(name), peers: peers)
            try desk.deliver(now: .now())
            issuing.formUnion(lines(try desk.book()))
          }
          for (name, _) in Self.providers {
            let desk = try agreement.providing(Self.provider(name), peers: peers)
            try desk.deliver(now: .now())
            providing.formUnion(lines(try desk.book()))
          }
          if issuing == providing { return "\(issuing.count) lines, the same at issuers and providers" }
          Thread.sleep(forTimeInterval: 0.1)
        }
        throw Complaint(.data, "Issuers say \(issuing.sorted()), providers \(providing.sorted()).")
      }
    }
  }

  private func step(_ name: String, _ detail: () throws -> String, _ body: @escaping () throws -> Void) async throws {
    try await story.step(name, detail: { (_: Void) in (try? detail()) ?? "" }) { try await Self.apart(body) }
  }

  private func refused(_ name: String, as reason: AgreementRefusal, _ body: @escaping () throws -> Void) async throws {
    try await story.step(name, detail: { (_: Void) in "refused: \(reason)" }) {
      try await Self.apart {
        do { try body() } catch UserApparatusError.refused(reason) { return }
        throw Complaint(.refused, "It was not refused as it should be.")
      }
    }
  }

  /// What waits for servers runs on a thread of its own: those that serve are not kept waiting.
  private static func apart<R>(_ body: @escaping () throws -> R) async throws -> R {
    let work = Work(body: body)
    let result: Work<R>.Outcome = await withCheckedContinuation { waiting in
      DispatchQueue.global().async { waiting.resume(returning: work.run()) }
    }
    return try result.value.get()
  }

  /// `@unchecked Sendable`: whoever hands the work over waits for it.
  private struct Work<R>: @unchecked Sendable {
    struct Outcome: @unchecked Sendable { let value: Result<R, any Error> }
    let body: () throws -> R
    func run() -> Outcome { Outcome(value: Result { try body() }) }
  }
}

/// Where the servers are. `@unchecked Sendable`: written before anybody asks.
private final class Hosts: @unchecked Sendable {
  private var hosts: [Party: String] = [:]
  subscript(party: Party) -> String? {
    get { hosts[party] }
    set { hosts[party] = newValue }
  }
}

/// A software card of the lab, in its user's terminal.
private struct LabElement {
  let name: CardName
  let terminal: UserTerminal
  private let link: InProcessCard

  init(_ agreement: AgreementSite, _ peers: any Peers) throws {
    let random = AgreementSite.random
    let vault = try agreement.site.vault()
    let memory = try LogMemory(VolatileLog())
    let body = "8988211" + random.bytes(11).map { String($0 % 10) }.joined()
    let iccid = try ICCID(body + LabSubscriber.checkDigit(of: body))
    try SoftwareManagedCard.make(on: memory, iccid: iccid, master: nil, vault: vault, random: random)
    link = InProcessCard(SoftwareManagedCard(memory: memory, vault: vault, random: random))
    terminal = try UserTerminal(
      card: link, store: SQLiteStore.inMemory(), vault: vault, peers: peers,
      registrar: agreement.holder(AgreementSite.issuerRegistrar()).known,
      issuerDomain: Personalisation.usualIssuerDomain, agrees: { _ in true })
    name = try terminal.name()
  }

  /// A provider gets room: between the two halves the issuer's handover comes to it.
  func admit(_ provider: Party, _ agreement: AgreementSite, _ peers: any Peers) throws {
    do { try terminal.admit(provider, now: .now(), random: AgreementSite.random) } catch UserApparatusError.refused(
      .noDomain)
    {
      for _ in 0..<50 {
        Thread.sleep(forTimeInterval: 0.1)
        do { return try terminal.resume() } catch UserApparatusError.refused(.noDomain) { continue }
      }
      throw UserApparatusError.refused(.noDomain)
    }
  }

  func ask(
    _ operation: ContentOperation, _ loadFile: AID, _ version: UInt16, _ provider: Party, through party: Party
  ) throws {
    try terminal.ask(
      operation, StoringDataInformation(loadFile: loadFile, version: version), of: provider, through: party,
      now: .now(), random: AgreementSite.random)
  }

  /// What the application of a load file shows; nil where there is none.
  func text(_ loadFile: AID) throws -> String? {
    let channel = TerminalChannel(link)
    let answer = try channel.send(
      Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: loadFile.bytes + [1, 1], le: 256))
    guard answer.status.isSuccess else { return nil }
    let data = try channel.send(Command(cla: 0, ins: 0xB0, p1: 0x81, p2: 0, le: 256)).data
    return String(decoding: data, as: UTF8.self)
  }
}
