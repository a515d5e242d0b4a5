import ArgumentParser
import Bytes
import CircleFiles
import Foundation
import Identifiers
import Keys
import Logging
import SMDPPlus
import Transport
import TransportHTTP

/// `simurgh smdp-plus`: the SM-DP+ as a server.
struct SMDPPlusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "smdp-plus", abstract: "Run an SM-DP+ (SGP.22): ES9+ for devices, ES2+ for operators.",
    discussion: "Example: simurgh smdp-plus serve --dir lab",
    subcommands: [Serve.self, Front.self], defaultSubcommand: Serve.self)
}

extension SMDPPlusCommand {
  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve until interrupted.",
      discussion: """
        Without a configuration it serves ES9+ on 127.0.0.1:8443 as "localhost:8443" and ES2+ on 127.0.0.1:8444. Each \
        key of DIR/smdp-plus.yaml is explained in docs/smdp-plus.md; several listeners may serve side by side, each \
        with its own curve and TLS certificate. Faults for testing devices are told in docs/ci-recipe.md.

        Example: simurgh smdp-plus serve --port 9443 --log http.log
        """)

    @OptionGroup var site: StoredSiteOptions
    @Option(help: "The configuration file; DIR/smdp-plus.yaml if it is left out.") var config: String?
    @Option(help: "The address in activation codes, with a port where it is not 443.") var address: String?
    @Option(help: "The port of the first listener.") var port: Port?
    @Option(help: "The TLS certificate of the first listener, as `ca show` names it.") var certificate: String?
    @Option(help: "Write every message, decoded, to this file; - is standard error.") var log: String?
    @Option(help: "A fault to inject; see docs/ci-recipe.md. May be given several times.") var fault: [ServerFault] = []

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        let circle = try site.existingCircle()
        let lock = ServersLock.share(of: site)
        defer { withExtendedLifetime(lock) {} }
        var configuration = try ServerConfiguration.read(
          ConfigurationFile.named(config) ?? site.configurationFile)
        guard !configuration.listeners.isEmpty else {
          throw Complaint(.configuration, "No listener is configured.", remedy: "See docs/smdp-plus.md.")
        }
        if let port { configuration.listeners[0].port = port.number }
        if let certificate { configuration.listeners[0].certificate = certificate }
        let usual = configuration.address
        configuration.address = address ?? (port.map { "localhost:\($0.number)" } ?? usual)
        if configuration.address != usual {
          Complaint.note(
            "this run is \(configuration.address); activation codes and notifications are made for \(usual) until"
              + " \(site.configurationFile) says otherwise")
        }
        let party = try SMDPPlusParty(
          configuration: configuration, store: try site.store(configuration.store), vault: try site.vault(),
          directory: circle)
        let sink = try log.map { try LogFile($0) }
        let server = try await HTTPServer.start(party.listeners(sink: sink, faults: ServerFaults(fault)))
        for (listener, port) in zip(configuration.listeners, server.ports) {
          print("\(listener.name): \(listener.serves) on \(listener.host):\(port)")
        }
        print("SM-DP+ \(configuration.address) is up. Interrupt (Ctrl-C) ends it.")
        fflush(nil)
        let housekeeping = try Housekeeping(party)
        let errands = Task { await housekeeping.run() }
        await Interruption.wait()
        errands.cancel()
        await server.stop(grace: .seconds(5))
      }
    }
  }

  struct Front: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the configuration of an nginx in front, for TLS with brainpoolP256r1.",
      discussion: """
        The SM-DP+'s own TLS knows P-256 alone. For a brainpool TLS certificate let a listener serve plainly on a \
        loopback address (certificate: none) and put nginx before it: this command writes its whole configuration. \
        With --mutual nginx asks clients for certificates and hands them on; the listener behind it names the secret \
        that both share (frontSecret, docs/smdp-plus.md).

        Example: simurgh smdp-plus front --listen 127.0.0.1:8446 --upstream 127.0.0.1:8080
        """)

    @OptionGroup var site: SiteOptions
    @Option(help: "Where nginx listens.") var listen = "127.0.0.1:8446"
    @Option(help: "The SM-DP+'s plain listener.") var upstream = "127.0.0.1:8080"
    @Option(help: "The TLS certificate as `simurgh ca show` names it.") var certificate = "DPtls/smdp-plus-brainpool"
    @Option(help: "The directory for nginx's configuration and temporary files; DIR/front if it is left out.")
    var output: String?
    @Flag(help: "Ask clients for certificates (ES2+) and hand them on.") var mutual = false

    func validate() throws {
      // They go into nginx's configuration as they stand.
      for (option, value) in [("--listen", listen), ("--upstream", upstream)] {
        let isPlace = value.wholeMatch(of: /([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]+)/).map {
          Port(argument: String($0.output.2)) != nil
        }
        guard isPlace == true else { throw ValidationError("\(option) is HOST:PORT, such as 127.0.0.1:8446.") }
      }
    }

    func run() throws {
      try Complaint.reporting {
        let entry = try site.site.existingCircle().entry(certificate)
        guard entry.key != nil else {
          throw Complaint(
            .configuration, "\(entry.name) has no private key.", remedy: "Issue another: simurgh ca issue dp-tls NAME")
        }
        let directory = output ?? "\(site.directory)/front"
        let absolute = URL(fileURLWithPath: directory).path
        try Folder.make(absolute, isPrivate: true)
        let secret =
          mutual ? try FrontDoor.makeSecret(in: "\(absolute)/secret", random: SystemRandomSource.shared) : nil
        let proxy = FrontProxy(
          listen: listen, serverName: entry.certificate.extensions.hostNames.first ?? "localhost",
          certificate: URL(fileURLWithPath: entry.path).path,
          key: URL(fileURLWithPath: entry.path).deletingPathExtension().appendingPathExtension("key").path,
          upstream: upstream, secret: secret)
        // It holds the secret: for its owner alone.
        let file = "\(absolute)/nginx.conf"
        guard
          FileManager.default.createFile(
            atPath: file, contents: Data(proxy.configuration(directory: absolute).utf8),
            attributes: [.posixPermissions: 0o600])
        else { throw Complaint(.noPermission, "\(file) cannot be written.") }
        print("wrote \(directory)/nginx.conf; start it with: nginx -c \(absolute)/nginx.conf")
      }
    }
  }
}

extension SMDPPlusParty {
  /// The client that the SM-DP+ calls operators and SM-DS with.
  func client() throws -> HTTPSClient {
    let named = try configuration.clientCertificate.map { [try directory.entry($0)] } ?? directory.entries(.dpTLS)
    let identity = named.first { $0.key != nil && $0.certificate.publicKey.curve == .p256 }
    return try HTTPSClient(directory.callers(as: identity) { [trust] in trust.circle })
  }
}
