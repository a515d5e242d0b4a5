import Foundation
import Store
import Transport
import TransportHTTP

/// The lab's SM-DS, by which a card finds its profiles without an activation code.
struct LabDiscovery {
  let configuration: SMDSConfiguration
  private let server: HTTPServer
  private let chores: Task<Void, Never>

  /// As SM-DP+ know it: for devices, and where it takes events.
  var asKnownToServers: ServerConfiguration.DiscoveryServer {
    let port = configuration.listeners.first { $0.serves == .es12 }?.port
    return ServerConfiguration.DiscoveryServer(
      address: configuration.address, es12: port.map { "localhost:\($0)" }, isRoot: true)
  }

  /// Starts it as the site's file says; without one at the usual ports or, if somebody else has them, at free ones, which
  /// the file then tells.
  static func start(_ site: Site, _ store: any Store) async throws -> LabDiscovery {
    let configuration = try SMDSConfiguration.read(site.smdsConfigurationFile)
    let isConfigured = FileManager.default.fileExists(atPath: site.smdsConfigurationFile)
    do { return try await serve(configuration, site, store) } catch let error as LinkError
      where error.kind == .unreachable && !isConfigured
    {
      var free = configuration
      for index in free.listeners.indices { free.listeners[index].port = try FreePort.find() }
      free.address = "localhost:\(free.listeners[0].port)"
      let discovery = try await serve(free, site, store)
      try free.write(to: site.smdsConfigurationFile)
      return discovery
    }
  }

  private static func serve(
    _ configuration: SMDSConfiguration, _ site: Site, _ store: any Store
  ) async throws -> LabDiscovery {
    let party = try SMDSParty(configuration: configuration, store: store, directory: site.circle)
    let server = try await HTTPServer.start(party.listeners(sink: nil))
    return LabDiscovery(configuration: configuration, server: server, chores: Task { await party.keepHouse() })
  }

  func stop() async {
    chores.cancel()
    await server.stop(grace: .seconds(2))
  }
}
