import AddressDirectory
import AddressLookup
import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import MutualAuthentication
import SGP22
import SMSR
import SecureMessages
import Stations
import TLV
import TestPrograms
import TestSupport
import Testing
import Transport
import TransportDNS

/// A resolver on loopback that has loaded a zone file: unbound, with nobody above it.
private final class Resolver {
  static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/sbin/unbound")
  static let domain = "ese.example"

  let server: NameServer
  private let folder: ProgramFolder
  private let program: RunningProgram

  init(_ zone: String) async throws {
    folder = try ProgramFolder(["zone": Array(zone.utf8)])
    let port = UInt16.random(in: 20_000..<50_000)
    try folder.write(
      "unbound.conf",
      Array(
        """
        server:
          interface: 127.0.0.1@\(port)
          do-ip6: no
          do-daemonize: no
          use-syslog: no
          username: ""
          chroot: ""
          directory: "\(folder.path)"
          pidfile: "\(folder.path)/pid"
          num-threads: 1
        remote-control:
          control-enable: no
        auth-zone:
          name: "\(Self.domain)"
          zonefile: "\(folder.path)/zone"
          for-upstream: yes
          for-downstream: no
          fallback-enabled: no
        """.utf8))
    program = try await RunningProgram(
      Program(["/usr/sbin/unbound", "-d", "-c", "\(folder.path)/unbound.conf"]), output: "\(folder.path)/output",
      errors: "\(folder.path)/errors")
    server = NameServer(address: "127.0.0.1", port: port, seconds: 1)
    for _ in 0..<50 {
      if (try? server.texts(of: "_directory.\(Self.domain)")) != nil { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record("unbound does not answer: \(String(decoding: try folder.read("errors"), as: UTF8.self))")
  }

  func stop() async { await program.stop() }
}

@Suite("D: the directory in the domain name system (520, 555), asked through a resolver on loopback")
struct ZoneTests {
  private let directory: TestDirectory

  init() throws {
    directory = try TestDirectory()
    _ = try directory.register(directory.manager).get()
    _ = try directory.register(directory.provider, .provider(TestDirectory.operator1), at: "dp.example.com", call: "2")
      .get()
  }

  private func zone() throws -> String {
    try directory.desk.zoneFile(
      of: Resolver.domain, nameServer: "ns.example",
      given: Given(now: directory.clock.now, random: SystemRandomSource.shared))
  }

  /// As an SM-SR asks.
  private func ask(_ resolver: Resolver, _ eid: EID? = nil) throws -> FunctionClient.Answer<AddressAdvice> {
    let mesh = Mesh(
      trust: directory.trust, identifier: "2.999.33", host: "sr3.example.com",
      directory: .init(
        oid: directory.oid, host: "directory.example.com", names: (resolver.server, Resolver.domain))
    ) { _ throws(LinkError) in throw LinkError(.unreachable, "nobody is to be called") }
    return try mesh.address(of: eid ?? directory.eid, identifier: "1", now: directory.clock.now)
  }

  @Test(
    "520, 555: manager and provider are found by a real resolver, as the directory has signed",
    .enabled(if: Resolver.isInstalled, "unbound is not installed"))
  func lookup() async throws {
    let resolver = try await Resolver(zone())
    let answer = try ask(resolver)
    guard case .success(let advice) = answer else {
      await resolver.stop()
      Issue.record("\(answer)")
      return
    }
    #expect(advice.server == directory.manager.oid && advice.host.name == "sr1.example.com")
    try advice.confirm(
      directory.manager.party.certificate.encoded, in: directory.trust.circle, at: directory.clock.now)
    for service in [AddressedService.provider(TestDirectory.operator1), nil] {
      let request = FindAddress.Request(eid: directory.eid, service: service)
      let statement = try #require(
        try resolver.server.texts(of: AddressRecord.name(of: request, in: Resolver.domain)).first)
      let certificate = try #require(
        try resolver.server.texts(of: AddressRecord.certificateName(in: Resolver.domain)).first)
      let response = try #require(AddressRecord.response(statement: statement, certificate: certificate))
      #expect(try directory.advice(response, to: request).server == directory.provider.oid)
    }
    let unknown = try ask(resolver, EID("89049032123451234512345678901332"))
    if case .refused(let refusal) = unknown { #expect(refusal == .addressUnknown) } else { Issue.record("\(unknown)") }
    await resolver.stop()
    if case .unknown = try ask(resolver) {} else { Issue.record("a resolver that is gone has answered") }
  }

  @Test(
    "a manager impersonated by a false zone: what the directory did not sign, signed of another eUICC, or long ago",
    .enabled(if: Resolver.isInstalled, "unbound is not installed"))
  func falseZone() async throws {
    let good = try zone()
    let lines = good.split(separator: "\n").map(String.init)
    let manager = try #require(lines.first { $0.hasPrefix("_manager") })
    // Another's name before the same statement.
    let other = try EID("89049032123451234512345678901332")
    let moved = good + manager.replacing(directory.eid.digits, with: other.digits) + "\n"
    // A statement by somebody else who has a certificate of the circle.
    let stranger = try directory.circle.issue(.dsTLS(directory.oid, hosts: ["sr2.example.com"]))
    let lie = try Signed(
      AddressStatement(
        eid: directory.eid, service: .manager, server: directory.otherManager.oid, host: "sr2.example.com"),
      by: KeyHolder(.init("directory:\(directory.oid)"), key: stranger.key),
      term: Term(serial: 1, notBefore: TestCircle.start, notAfter: TestCircle.start + .seconds(60)))
    let name = AddressRecord.name(of: .init(eid: directory.eid, service: .manager), in: Resolver.domain)
    func strings(_ text: String) -> String {
      stride(from: 0, to: text.count, by: 200).map { "\"\(text.dropFirst($0).prefix(200))\"" }.joined(separator: " ")
    }
    let forged = lines.map { $0 == manager ? "\(name). TXT ( \(strings(AddressRecord.text(lie))) )" : $0 }
      .joined(separator: "\n")
    let posing = lines.map { line in
      if line == manager { return "\(name). TXT ( \(strings(AddressRecord.text(lie))) )" }
      return line.hasPrefix("_directory")
        ? "_directory TXT ( \(strings(AddressRecord.text(certificate: stranger.certificate.encoded))) )" : line
    }.joined(separator: "\n")
    for (zone, eid) in [(moved, other), (forged + "\n", directory.eid), (posing + "\n", directory.eid)] {
      let resolver = try await Resolver(zone)
      let answer = try ask(resolver, eid)
      if case .unknown = answer {} else { Issue.record("\(answer)") }
      await resolver.stop()
    }
    let resolver = try await Resolver(good)
    directory.clock.advance(by: .seconds(86_401))
    if case .unknown = try ask(resolver) {} else { Issue.record("an old zone was believed") }
    await resolver.stop()
  }
}
