import Bytes
import CircleFiles
import CircleOfTrust
import Keys
import MutualAuthentication
import SGP02
import SMDP
import Stations
import Store
import Transport
import TransportHTTP

/// An SM-DP of a site, put together: desk, listener, and the runner of its downloads.
struct SMDPParty {
  let site: Site
  let configuration: SMDPConfiguration
  let trust: CircleInForce
  let desk: SMDP.Desk

  init(_ site: Site, configuration: SMDPConfiguration) throws {
    (self.site, self.configuration) = (site, configuration)
    guard (1...3600).contains(configuration.askSeconds) else {
      throw Complaint(
        .configuration, "sm-dp.yaml: askSeconds is \(configuration.askSeconds); from 1 to 3600 are possible.")
    }
    let circle = try site.existingCircle()
    trust = CircleInForce(try circle.circle())
    let card = try CardCertificate(site: site, role: .smdp).checked()
    let vault = try site.vault()
    let (certificate, key) = try card.read(vault)
    var settings = SMDP.Desk.Settings()
    settings.requesterIdentifier = configuration.name
    settings.asking = BackOff(first: .milliseconds(200), longest: .seconds(Int64(configuration.askSeconds)))
    desk = try SMDP.Desk(
      store: site.store(configuration.store, sharesCommits: true), settings: settings, certificate: certificate,
      key: key, vault: vault, trust: trust,
      operators: KnownCaller.requesters(configuration.operators, or: .operatorTLS, in: circle))
  }

  /// The listener for operators.
  func listener(sink: (any EventSink)?) throws -> Listener {
    let route = SMDP.Route(desk) { Given(now: .now(), random: SystemRandomSource.shared) }
    return try configuration.listener.listener(
      "SM-DP", in: site.existingCircle(), trust: trust, roles: [.operatorTLS], sink: sink,
      remedy: "simurgh sm-dp begin --dir \(site.directory)",
      BlockingThreads(16).handler { route.respond(to: $0) })
  }

  /// Carries downloads on, side by side.
  func workers() throws -> [Worker] {
    let (desk, client) = (desk, try client())
    try ProfileDownload.resume(desk, given: Given(now: .now(), random: SystemRandomSource.shared), over: client)
    return (0..<4).map { number in
      Worker("downloads \(number)") {
        try ProfileDownload.run(
          desk, limit: 16, given: Given(now: .now(), random: SystemRandomSource.shared), over: client)
      }
    }
  }

  /// Calls SM-SRs, and nobody else.
  private func client() throws -> HTTPSClient {
    let (circle, trust) = (try site.existingCircle(), trust)
    return try HTTPSClient(
      circle.callers(
        as: circle.entry(configuration.listener.certificate), in: { trust.circle }, roles: [.srTLS]))
  }
}
