import AuC
import Bytes
import CarrierTerminal
import CircleFiles
import CircleOfTrust
import CustomerManagement
import Foundation
import HandsetRegistration
import Identifiers
import Keys
import MutualAuthentication
import Store
import Transport
import TransportHTTP
import World

/// A carrier's terminal of a site, put together: its desk, on the operator's customer management and authentication
/// centre.
struct CarrierParty {
  let site: Site
  let configuration: CarrierConfiguration
  let desk: CarrierTerminal.Desk
  /// The authentication centre in the carrier's store.
  let centre: AuC.Desk

  /// How many requests are decided side by side: those that wait for the disk share a commit.
  private static let threads = 32

  init(_ site: Site, configuration: CarrierConfiguration? = nil) throws {
    self.site = site
    let configuration = try configuration ?? CarrierConfiguration.read(site.carrierConfigurationFile)
    self.configuration = configuration
    let (store, vault) = (try site.store(configuration.store, sharesCommits: true), try site.vault())
    try store.migrate([EventRecord.schema, SubscriberTable.schema])
    var settings = CarrierTerminal.Desk.Settings(
      carrier: try RegistrationSite(site: site).carrier(), pattern: Array(configuration.pattern.utf8))
    settings.startsPerHour = configuration.startsPerHour
    settings.courseLifetime = .seconds(configuration.courseSeconds)
    settings.receiptLifetime = .seconds(86_400 * configuration.receiptDays)
    centre = AuC.Desk(store: store, vault: vault)
    desk = try CarrierTerminal.Desk(
      store: store, settings: settings, vault: vault,
      office: CarrierOffice(
        CustomerManagement.Desk(store: store), pool: configuration.pool, company: Self.company(configuration, site)),
      network: CarrierNetwork(centre, random: SystemRandomSource.shared))
  }

  private static func company(_ configuration: CarrierConfiguration, _ site: Site) throws -> any CreditCompany {
    guard let credit = configuration.credit else { return LaboratoryCompany() }
    var settings = try site.existingCircle().callers()
    settings.timeout = .seconds(min(max(credit.seconds ?? 10, 1), 120))
    settings.bodyLimit = CreditService<HTTPSClient>.bodyLimit
    return CreditCompanyLine(host: credit.host, path: credit.path, over: try HTTPSClient(settings))
  }

  /// The listener for dealers: each is known by the certificate that it shows, and one that its issuer has revoked counts
  /// no more, on a connection that is open too.
  func listener(trust: CircleInForce, sink: (any EventSink)?) throws -> Listener {
    let identity = try TLSIdentity(
      configuration.certificate, in: site.existingCircle(), for: "carrier-terminal", on: configuration.host)
    guard let identity else {
      throw Complaint(
        .configuration, "carrier-terminal.yaml names no TLS certificate.",
        remedy: "Dealers are known by theirs, so there is no plain listener: name one of `simurgh ca show`.")
    }
    let desk = desk
    @Sendable func isRevoked(_ certificate: [UInt8]) -> Bool {
      (try? Certificate(encoded: certificate)).flatMap(trust.circle.revocation) != nil
    }
    let route = Route(desk)
    let handler = BlockingThreads(Self.threads).handler { message in
      guard message.peerCertificate.map(isRevoked) != true else { return Reply(status: 403) }
      return route.respond(to: message, now: .now(), random: SystemRandomSource.shared)
    }
    var limits = Listener.Limits()
    limits.body = Route.bodyLimit
    return Listener(
      host: configuration.host, port: configuration.port, identity: identity,
      clients: .holders { chain in
        guard let leaf = chain.first, !isRevoked(leaf) else { return false }
        return (try? desk.dealer(showing: leaf)) != nil
      }, limits: limits, handler: sink.map { recording(handler, peer: "dealers", sink: $0) } ?? handler)
  }

  /// Gives back what registrations held whose time is over, until the task is cancelled.
  func keepHouse() async {
    while !Task.isCancelled {
      do { _ = try desk.sweep(now: .now()) } catch { Complaint.note("ERROR: registrations cannot be ended: \(error)") }
      try? await Task.sleep(for: .seconds(30))
    }
  }
}

/// A credit company that refuses cards ending in 0002, so that a refusal can be seen.
struct LaboratoryCompany: CreditCompany {
  func answer(about card: CreditCardNumber) -> CreditAnswer {
    card.digits.bytes.suffix(4) == Array("0002".utf8) ? .refused("the card is barred") : .approved(limit: 100_00)
  }
}
