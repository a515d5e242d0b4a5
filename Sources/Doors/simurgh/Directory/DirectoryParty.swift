import AddressDirectory
import Bytes
import CircleFiles
import CircleOfTrust
import Identifiers
import MutualAuthentication
import Stations
import Transport
import TransportHTTP

/// A directory of a site, put together.
struct DirectoryParty {
  let site: Site
  let configuration: DirectoryConfiguration
  let trust: CircleInForce
  let desk: AddressDirectory.Desk

  init(_ site: Site, configuration: DirectoryConfiguration) throws {
    (self.site, self.configuration) = (site, configuration)
    let circle = try site.existingCircle()
    trust = CircleInForce(try circle.circle())
    let settings = try configuration.settings()
    let certificate = configuration.listener.certificate
    guard let entry = try? circle.entry(certificate), let key = entry.key else {
      throw Complaint(
        .configuration, "The directory has no certificate \(certificate) with its key.",
        remedy: "Make it with: \(Self.remedy(site))")
    }
    desk = try AddressDirectory.Desk(
      store: site.store(configuration.store, sharesCommits: true), settings: settings, certificate: entry.certificate,
      key: key, trust: trust, now: .now())
  }

  private static func remedy(_ site: Site) -> String {
    "simurgh ca issue directory directory --oid 2.999.33 --host localhost --dir \(site.directory)"
  }

  /// The listener for whoever is of the circle.
  func listener(sink: (any EventSink)?) throws -> Listener {
    let route = AddressDirectory.Route(desk) { Given(now: .now(), random: SystemRandomSource.shared) }
    return try configuration.listener.listener(
      "directory", in: site.existingCircle(), trust: trust, roles: [.srTLS, .dpTLS, .operatorTLS], sink: sink,
      remedy: Self.remedy(site), BlockingThreads(8).handler { route.respond(to: $0) })
  }
}
