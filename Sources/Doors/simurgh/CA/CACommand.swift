import ArgumentParser
import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import TLV

/// `simurgh ca`: the certificates of a circle of trust.
struct CACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca", abstract: "Make, show and revoke the certificates of a circle of trust.",
    discussion: """
      A circle is a directory (DIR/circle): a certificate issuer (CI), manufacturers of eUICCs (EUM), eUICCs, and the \
      servers' certificates with the roles of SGP.22 §4.5.2. `init` makes a private one; `init --import` takes over \
      another, such as GSMA's SGP.26 test set.

      Example: simurgh ca init && simurgh ca show
      """, subcommands: [Init.self, Issue.self, Show.self, Revoke.self])
}

extension Curve: ExpressibleByArgument {}

extension CACommand {
  struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Begin a private circle, or take over a foreign set of certificates.",
      discussion: """
        A private circle has an issuer and a manufacturer; the servers' certificates come with `ca issue`. What is \
        taken over is recognised by its contents, and each private key goes to its certificate.

        Example: simurgh ca init --import SGP.26/valid-certificates --dir gsma
        """)

    @OptionGroup var site: SiteOptions
    @Option(help: "The curve of the new issuer: p256 or brainpoolP256r1. Run init twice for both.")
    var curve = Curve.p256
    @Option(help: "The name of the organisation in the new certificates.") var organization = "Simurgh Lab"
    @Option(help: "Days that the new certificates hold.") var days = 3650
    @Option(name: .customLong("import"), help: "A directory of certificates and keys, DER or PEM, to take over.")
    var importFrom: String?

    func validate() throws {
      guard days > 0 else { throw ValidationError("--days is at least 1.") }
    }

    func run() throws {
      try Complaint.reporting {
        let circle = site.site.circle
        if let importFrom {
          var isFolder: ObjCBool = false
          guard FileManager.default.fileExists(atPath: importFrom, isDirectory: &isFolder), isFolder.boolValue else {
            throw Complaint(.noInput, "There is no directory \(importFrom).")
          }
          let imported = try circle.importSet(from: importFrom)
          for name in imported.taken { print("took \(name)") }
          for item in imported.passedOver { print("passed over \(item.path): \(item.reason)") }
          // Nothing is taken where all of it is here already, too.
          guard try !circle.entries().isEmpty else {
            throw Complaint(
              .data, "\(importFrom) has no certificate with a role of SGP.22.",
              remedy: "It is a directory of certificates and keys, DER or PEM.")
          }
          print("\(imported.taken.count) certificates are now in \(circle.path)")
          return
        }
        try circle.begin(
          curve: curve, organization: organization, validity: UsualValidity.from(.now(), days: days),
          random: SystemRandomSource.shared)
        print(
          "A circle on \(curve.rawValue) was begun in \(circle.path). Its private keys stand beside the certificates.")
      }
    }
  }

  struct Issue: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Issue a certificate for a party of the circle.",
      discussion: """
        Roles: eum, euicc (with --eid), dp-auth, dp-pb, dp-tls, ds-auth, ds-tls (with --oid, TLS ones with --host), \
        operator (an operator's client certificate for ES2+), sr-tls and directory (an SM-SR, a directory of addresses; \
        with --oid and --host).

        Example: simurgh ca issue dp-tls smdp --host smdp.example.com --days 90
        """)

    enum RoleName: String, CaseIterable, ExpressibleByArgument {
      case eum, euicc
      case dpAuth = "dp-auth"
      case dpPb = "dp-pb"
      case dpTLS = "dp-tls"
      case dsAuth = "ds-auth"
      case dsTLS = "ds-tls"
      case `operator`
      case srTLS = "sr-tls"
      case directory
    }

    @OptionGroup var site: SiteOptions
    @Argument(help: "The role.") var role: RoleName
    @Argument(help: "The certificate's file name, without ending.") var name: String
    @Option(help: "The subject's common name; the file name if it is left out.") var commonName: String?
    @Option(help: "The curve: p256 or brainpoolP256r1.") var curve = Curve.p256
    @Option(help: "The EID, 32 digits, for an eUICC.") var eid: String?
    @Option(help: "The object identifier of a server.") var oid = LabNames.smdpOid
    @Option(help: "The operator whose profiles an SM-DP+ provides (dp-pb): 00101. Moves take backups by it.")
    var plmn: String?
    @Option(help: "A host name for a TLS certificate; may be given several times.") var host: [String] = []
    @Option(help: "The EIN that a manufacturer's EIDs begin with; may be given several times.") var ein: [String] = []
    @Option(help: "The organisation of a manufacturer.") var organization = "Simurgh Lab"
    @Option(
      parsing: .unconditional,
      help: "Days that the certificate holds; a negative number makes one that has expired, for tests.")
    var days = 825
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      guard days != 0 else { throw ValidationError("--days is at least 1, or negative for an expired certificate.") }
    }

    func run() throws {
      try Complaint.reporting {
        let now = Instant.now()
        let validity =
          days >= 0
          ? UsualValidity.from(now, days: days)
          : Validity(notBefore: now - .seconds(86_400 * (1 - days)), notAfter: now - .seconds(86_400))
        let entry = try site.site.existingCircle().issue(
          try profile(), named: commonName ?? name, file: name, curve: curve, validity: validity,
          random: SystemRandomSource.shared)
        if json { return try Output.json(["name": entry.name, "path": entry.path]) }
        print("issued \(entry.name): \(entry.path)")
      }
    }

    private func profile() throws -> CertificateProfile {
      func hosts() throws -> [String] {
        guard !host.isEmpty else {
          throw Complaint(
            .usage, "A TLS certificate needs a host name.", remedy: "Add it: --host smdp.example.com")
        }
        return host
      }
      guard let oid = OID(oid) else { throw Complaint(.usage, "--oid \(oid) is no object identifier.") }
      switch role {
      case .eum:
        return .eum(
          organization: organization, eins: ein.isEmpty ? [EIN.laboratory] : ein, signsRevocationLists: true)
      case .euicc:
        guard let eid else {
          throw Complaint(.usage, "An eUICC's certificate needs its EID.", remedy: "Add --eid.")
        }
        do { return .euicc(try EID(eid)) } catch { throw Complaint(.usage, "--eid is wrong. \(error)") }
      case .dpAuth: return .dpAuthentication(oid)
      case .dpPb:
        guard let plmn else { return .dpProfileBinding(oid) }
        do { return .profileProvider(oid, of: try PLMN(plmn)) } catch {
          throw Complaint(.usage, "--plmn is wrong. \(error)")
        }
      case .dpTLS: return .dpTLS(oid, hosts: try hosts())
      case .dsAuth: return .dsAuthentication(oid)
      case .dsTLS: return .dsTLS(oid, hosts: try hosts())
      case .operator: return .operatorTLS
      case .srTLS: return .srTLS(oid, hosts: try hosts())
      case .directory: return .directoryTLS(oid, hosts: try hosts())
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the circle's certificates, or show one in full.",
      discussion: "Example: simurgh ca show DPauth/smdp-plus-p256")

    @OptionGroup var site: SiteOptions
    @Argument(help: "A certificate as the list names it: DPauth/smdp-plus-p256.") var name: String?
    @Flag(help: "Print JSON.") var json = false

    /// A certificate for scripts.
    struct Item: Encodable {
      let name, role, subject, curve, notAfter, state: String
      let hasKey: Bool
    }

    func run() throws {
      try Complaint.reporting {
        let directory = try site.site.existingCircle()
        let circle = try directory.circle()
        if let name {
          let entry = try directory.entry(name)
          let rows = entry.certificate.summary + [(label: "State", value: state(of: entry, directory, circle))]
          if json { return try Output.json(Dictionary(rows.map { ($0.label, $0.value) }) { first, _ in first }) }
          return Output.rows(rows)
        }
        let items = try directory.entries().map { entry in
          Item(
            name: entry.name, role: entry.role?.name ?? "none", subject: "\(entry.certificate.subject)",
            curve: entry.certificate.publicKey.curve.rawValue, notAfter: "\(entry.certificate.validity.notAfter)",
            state: state(of: entry, directory, circle), hasKey: entry.key != nil)
        }
        if json { return try Output.json(items) }
        Output.table(
          ["NAME", "CURVE", "KEY", "UNTIL", "STATE"],
          items.map { [$0.name, $0.curve, $0.hasKey ? "yes" : "no", $0.notAfter, $0.state] })
      }
    }

    /// What verification says of a certificate now.
    private func state(of entry: CircleDirectory.Entry, _ directory: CircleDirectory, _ circle: Circle) -> String {
      guard let role = entry.role else { return "without role" }
      if role == .certificateIssuer {
        return entry.certificate.validity.notAfter > .now() ? "trust anchor" : "expired"
      }
      var chain = [entry.certificate]
      if role == .euicc {
        let manufacturer = (try? directory.entries(.eum))?.first {
          $0.certificate.subjectKeyIdentifier == entry.certificate.authorityKeyIdentifier
        }
        guard let manufacturer else { return "its manufacturer's certificate is not here" }
        chain.append(manufacturer.certificate)
      }
      do {
        _ = try circle.verify(chain, as: role, at: .now())
        return "good"
      } catch { return "\(error.reason)" }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a certificate: write its issuer's next CRL.",
      discussion: "Example: simurgh ca revoke DPtls/smdp-plus")

    @OptionGroup var site: SiteOptions
    @Argument(help: "The certificate as `ca show` lists it: eUICC/phone.") var name: String

    func run() throws {
      try Complaint.reporting {
        let directory = try site.site.existingCircle()
        let list = try directory.revoke(name, now: .now())
        print(
          "\(name) is revoked; the issuer's list now has \(list.revoked.count) entries (\(directory.path)/revoked).")
      }
    }
  }
}
