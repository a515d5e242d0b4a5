import ArgumentParser
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import SMDPPlus
import Transport
import TransportCard
import TransportHTTP

/// `simurgh doctor`: what is installed, reachable, expired or misconfigured, and the command that mends it.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what is missing, expired, unreachable or misconfigured, and what mends it.",
    discussion: """
      ✔ is well, ✘ must be mended, • may be of use to know. Ends with status 78 if something must be mended.

      Example: simurgh doctor --dir lab --json
      """)

  @OptionGroup var site: StoredSiteOptions
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    try await Complaint.reporting {
      let store = store()
      var checks = circle() + [masterKey(), store] + configuration(hasStore: store.verdict == .good)
      checks += PartyChecks(site: site.site).all()
      checks += await server()
      checks += cards() + tools() + [readers()]
      if json {
        try Output.json(checks)
      } else {
        for check in checks {
          let mark =
            switch check.verdict {
            case .good: "✔"
            case .note: "•"
            case .bad: "✘"
            }
          print("\(mark) \(check.name): \(check.finding)")
          if let remedy = check.remedy { print("    → \(remedy)") }
        }
      }
      if checks.contains(where: { $0.verdict == .bad }) { throw ExitCode(Complaint.Kind.configuration.rawValue) }
    }
  }

  private var option: String { "--dir \(site.directory)" }

  // MARK: What the site has

  private func circle() -> [Check] {
    let directory = site.site.circle
    guard directory.exists else {
      return [
        Check(
          "circle", .bad, "there are no certificates in \(directory.path)",
          remedy: "simurgh lab --once \(option), or simurgh ca init \(option)")
      ]
    }
    do {
      let now = Instant.now()
      let entries = try directory.entries()
      let circle = try directory.circle()
      return [Check("circle", .good, "\(entries.count) certificates in \(directory.path)")]
        + entries.compactMap { check($0, circle, now) }
    } catch {
      return [Check("circle", .bad, Complaint(error).what, remedy: "put the file right, or begin with another --dir")]
    }
  }

  /// What is wrong with a certificate, or soon will be.
  private func check(_ entry: CircleDirectory.Entry, _ circle: Circle, _ now: Instant) -> Check? {
    let end = entry.certificate.validity.notAfter
    if end < now { return Check(entry.name, .bad, "expired \(end)", remedy: renewal(of: entry)) }
    // Somebody else's certificate, and a card's, may well be revoked.
    if let role = entry.role, role.issuer == .certificateIssuer, role != .eum, entry.key != nil {
      do { _ = try circle.verify([entry.certificate], as: role, at: now) } catch {
        if case .revoked = error.reason {
          return Check(entry.name, .bad, "\(error.reason)", remedy: renewal(of: entry))
        }
      }
    }
    guard end < now + .seconds(30 * 86_400) else { return nil }
    return Check(entry.name, .note, "ends soon: \(end)", remedy: renewal(of: entry))
  }

  /// The commands that put another certificate in the place of `entry`.
  private func renewal(of entry: CircleDirectory.Entry) -> String {
    let name = entry.name.split(separator: "/").last.map(String.init) ?? entry.name
    let remove = "rm \(entry.path) \(entry.path.dropLast(4)).key"
    let hosts = entry.certificate.extensions.hostNames.map { " --host \($0)" }.joined()
    let oid = entry.certificate.extensions.registeredIDs.first.map { " --oid \($0)" } ?? ""
    let role: String
    switch entry.role {
    case .eum: role = "eum"
    case .dpAuthentication: role = "dp-auth"
    case .dpProfileBinding: role = "dp-pb"
    case .dpTLS: role = "dp-tls"
    case .dsAuthentication: role = "ds-auth"
    case .dsTLS: role = "ds-tls"
    case .operatorTLS: role = "operator"
    case .srTLS: role = "sr-tls"
    case .directoryTLS: role = "directory"
    default: return "begin another circle: simurgh ca init --dir NEW"
    }
    let curve =
      entry.certificate.publicKey.curve == .p256 ? "" : " --curve \(entry.certificate.publicKey.curve.rawValue)"
    return "\(remove) && simurgh ca issue \(role) \(name)\(hosts)\(oid)\(curve) \(option)"
  }

  private func masterKey() -> Check {
    let place =
      ProcessInfo.processInfo.environment[KeyVault.environmentVariable] != nil
      ? "of \(KeyVault.environmentVariable)" : site.site.masterKeyFile
    do {
      guard try site.site.knownKeys() != nil || site.site.hasSecrets else {
        return Check("master key", .note, "none yet; it is made at first use")
      }
      _ = try site.site.vault()
      return Check("master key", .good, place)
    } catch {
      let complaint = Complaint(error)
      return Check("master key", .bad, complaint.what, remedy: complaint.remedy)
    }
  }

  private func store() -> Check {
    let configured = (try? ServerConfiguration.read(site.site.configurationFile))?.store
    if let address = site.store ?? configured { return database(address) }
    let file = site.site.storeFile
    guard FileManager.default.fileExists(atPath: file) else { return Check("store", .note, "none yet") }
    do {
      let (count, _) = try site.site.orders { try OrderBook.orders(limit: 1, in: $0).count }
      return Check("store", .good, "\(file)\(count == 0 ? ", the order book is empty" : "")")
    } catch {
      let complaint = Complaint(error)
      return Check("store", .bad, complaint.what, remedy: complaint.remedy ?? "restore \(file) from a copy")
    }
  }

  /// Whether the database answers and keeps what it acknowledges; to open it is to check that.
  private func database(_ address: String) -> Check {
    do {
      let settings = try site.site.store(address).read {
        try $0.first("SELECT current_setting('server_version'), current_setting('synchronous_commit')")
      }
      let (version, commit) = (try settings?(0, as: String.self) ?? "", try settings?(1, as: String.self) ?? "")
      let name = try site.site.storeName(address)
      return Check("store", .good, "PostgreSQL \(version), \(name), synchronous_commit = \(commit)")
    } catch {
      let complaint = Complaint(error)
      return Check(
        "store", .bad, complaint.what,
        remedy: complaint.remedy ?? "correct `store:` in \(site.site.configurationFile), or --store")
    }
  }

  /// What `smdp-plus serve` would complain of.
  private func configuration(hasStore: Bool) -> [Check] {
    let file = site.site.configurationFile
    do {
      let configuration = try ServerConfiguration.read(file)
      try configuration.check()
      let usual = FileManager.default.fileExists(atPath: file) ? "" : ", as usual: there is no \(file)"
      let said = Check("configuration", .good, "the SM-DP+ is \(configuration.address)\(usual)")
      guard site.site.circle.exists, hasStore else { return [said] }
      let party = try SMDPPlusParty(
        configuration: configuration, store: try site.site.store(configuration.store), vault: try site.site.vault(),
        directory: site.site.circle)
      _ = try party.listeners(sink: nil)
      return [said]
    } catch {
      let complaint = Complaint(error)
      return [
        Check(
          "configuration", .bad, complaint.what,
          remedy: complaint.remedy ?? "correct \(file); docs/smdp-plus.md explains its keys")
      ]
    }
  }

  // MARK: What can be reached

  /// Asks the SM-DP+ at its own address, as a device does, for something that it does not have.
  private func server() async -> [Check] {
    guard let configuration = try? ServerConfiguration.read(site.site.configurationFile),
      site.site.circle.exists, let settings = try? site.site.circle.callers(), let client = try? HTTPSClient(settings)
    else { return [] }
    defer { client.close() }
    let address = configuration.address
    do {
      _ = try await client.send(Message(host: address, path: "/doctor"))
      return [Check("SM-DP+", .good, "answers at \(address), with a certificate of this circle")]
    } catch  where error.kind == .untrusted {
      return [
        Check(
          "SM-DP+", .bad, error.sentence,
          remedy: "another program may listen there: take another port with smdp-plus serve --port, or issue a "
            + "certificate for the name: simurgh ca issue dp-tls NAME --host \(address.prefix { $0 != ":" }) \(option)")
      ]
    } catch {
      return [Check("SM-DP+", .note, "does not run at \(address)", remedy: "simurgh smdp-plus serve \(option)")]
    }
  }

  private func cards() -> [Check] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: site.site.cards)) ?? []).sorted()
    return names.compactMap { name in
      do {
        let directory = try CardDirectory(name, of: site.site)
        guard directory.exists else {
          return Check(
            "card \(name)", .bad, "it was not finished",
            remedy: "rm -r \(directory.path) && simurgh card create \(name) \(option)")
        }
        _ = try directory.card()
        return nil
      } catch { return Check("card \(name)", .note, "\(error)") }
    }
  }

  /// Other people's programs: useful, not needed.
  private func tools() -> [Check] {
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return [
      ("pcscd", "PC/SC, for real readers and card serve --pcsc", "apt-get install pcscd vsmartcard-vpcd"),
      ("nginx", "TLS on brainpool curves in front of the SM-DP+", "apt-get install nginx-light"),
      ("openssl", "a second look at certificates", "apt-get install openssl"),
    ].map { name, use, remedy in
      let found = (path + ["/usr/sbin"]).contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
      return found
        ? Check(name, .good, "installed (\(use))") : Check(name, .note, "not installed (\(use))", remedy: remedy)
    }
  }

  private func readers() -> Check {
    do {
      let readers = try PCSC.readers()
      return readers.isEmpty
        ? Check("readers", .note, "none") : Check("readers", .good, readers.map(\.name).joined(separator: ", "))
    } catch { return Check("readers", .note, "\(error)") }
  }
}
