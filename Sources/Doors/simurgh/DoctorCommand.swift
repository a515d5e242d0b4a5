import ArgumentParser
import Foundation
import Identifiers
import TransportCard
import TransportHTTP

/// `simurgh doctor`: what is installed, reachable, expired or misconfigured, and the command that mends it.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what is missing, expired or misconfigured, and what mends it.")

  @OptionGroup var site: SiteOptions
  @Flag(help: "Print JSON.") var json = false

  /// One thing looked at.
  struct Check: Encodable {
    let name: String
    let ok: Bool
    let finding: String
    let remedy: String?

    init(_ name: String, ok: Bool, _ finding: String, remedy: String? = nil) {
      (self.name, self.ok, self.finding, self.remedy) = (name, ok, finding, ok ? nil : remedy)
    }
  }

  func run() throws {
    try Complaint.reporting {
      let checks =
        circle() + [masterKey(), store(), configurationFile(), smdsConfigurationFile()] + tools() + [readers()]
      if json {
        try Output.json(checks)
      } else {
        for check in checks {
          print("\(check.ok ? "✔" : "✘") \(check.name): \(check.finding)")
          if let remedy = check.remedy { print("    → \(remedy)") }
        }
      }
      if checks.contains(where: { !$0.ok }) { throw ExitCode(Complaint.Kind.configuration.rawValue) }
    }
  }

  private func circle() -> [Check] {
    let directory = site.site.circle
    guard directory.exists else {
      return [
        Check(
          "circle", ok: false, "there are no certificates in \(directory.path)",
          remedy: "simurgh lab --once --dir \(site.directory), or simurgh ca init --dir \(site.directory)")
      ]
    }
    do {
      let now = Instant.now()
      let entries = try directory.entries()
      let expired = entries.filter { $0.certificate.validity.notAfter < now }
      let soon = entries.filter { (now..<(now + .seconds(30 * 86_400))).contains($0.certificate.validity.notAfter) }
      var checks = [Check("circle", ok: true, "\(entries.count) certificates in \(directory.path)")]
      checks += expired.map {
        Check(
          $0.name, ok: false, "expired \($0.certificate.validity.notAfter)",
          remedy: "delete \($0.path) and issue it anew with simurgh ca issue")
      }
      checks += soon.map { Check($0.name, ok: true, "ends soon: \($0.certificate.validity.notAfter)") }
      return checks
    } catch {
      return [Check("circle", ok: false, "\(error)", remedy: "put the file right, or begin with another --dir")]
    }
  }

  private func masterKey() -> Check {
    let file = "\(site.directory)/master.key"
    if ProcessInfo.processInfo.environment["SIMURGH_MASTER_KEYS"] != nil {
      return Check(
        "master key", ok: (try? site.site.vault()) != nil, "of SIMURGH_MASTER_KEYS", remedy: "set 64 hexadecimal digits"
      )
    }
    guard FileManager.default.fileExists(atPath: file) else {
      return Check("master key", ok: true, "none yet; it is made at first use")
    }
    do {
      _ = try site.site.vault()
      return Check("master key", ok: true, file)
    } catch { return Check("master key", ok: false, "\(error)", remedy: "chmod 600 \(file)") }
  }

  private func store() -> Check {
    let file = "\(site.directory)/simurgh.sqlite"
    guard FileManager.default.fileExists(atPath: file) else { return Check("store", ok: true, "none yet") }
    do {
      _ = try site.site.store()
      return Check("store", ok: true, file)
    } catch { return Check("store", ok: false, "\(error)", remedy: "restore \(file) from a copy") }
  }

  private func configurationFile() -> Check {
    do {
      let configuration = try ServerConfiguration.read(site.site.configurationFile)
      return Check("smdp-plus.yaml", ok: true, "the SM-DP+ is \(configuration.address)")
    } catch { return Check("smdp-plus.yaml", ok: false, "\(error)", remedy: "correct \(site.site.configurationFile)") }
  }

  private func smdsConfigurationFile() -> Check {
    let file = site.site.smdsConfigurationFile
    do {
      let configuration = try SMDSConfiguration.read(file)
      let entries = (try? site.site.circle.entries(.dsAuthentication)) ?? []
      guard entries.contains(where: { $0.key != nil }) else {
        return Check("sm-ds.yaml", ok: true, "no SM-DS yet: simurgh ca issue ds-auth sm-ds --oid \(LabNames.smdsOid)")
      }
      return Check("sm-ds.yaml", ok: true, "the SM-DS is \(configuration.address)")
    } catch { return Check("sm-ds.yaml", ok: false, "\(error)", remedy: "correct \(file)") }
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
      return Check(name, ok: true, found ? "installed (\(use))" : "not installed (\(use)): \(remedy)")
    }
  }

  private func readers() -> Check {
    do {
      let readers = try PCSC.readers()
      return Check("readers", ok: true, readers.isEmpty ? "none" : readers.map(\.name).joined(separator: ", "))
    } catch { return Check("readers", ok: true, "\(error)") }
  }
}
