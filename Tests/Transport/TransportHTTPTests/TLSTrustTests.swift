import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import TLV
import TestSupport
import Testing
import Transport
import TransportHTTP

@Suite("TLS trust: whom a client believes") struct TLSTrustTests {
  private static let name = "smdp.example.com"

  /// What a client that trusts `roots` gets from a server with the given identity.
  private func get(
    _ identity: TLSIdentity, roots: [[UInt8]], name: String = TLSTrustTests.name,
    check: (@Sendable ([UInt8]) throws(LinkError) -> Void)? = nil
  ) async throws -> Result<Reply, LinkError> {
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: identity) { message in Reply(body: message.body) }
    ])
    var configuration = HTTPSClient.Configuration(roots: roots)
    configuration.places = [name: "127.0.0.1:\(server.ports[0])"]
    configuration.checkServer = check
    let client = try HTTPSClient(configuration)
    defer { client.close() }
    let result: Result<Reply, LinkError>
    do throws(LinkError) {
      result = .success(try await client.send(Message(host: name, path: "/echo", body: [1, 2, 3])))
    } catch {
      result = .failure(error)
    }
    await server.stop(grace: .milliseconds(200))
    return result
  }

  private func identity(_ certificate: TestCertificates, chain: [[UInt8]] = []) throws -> TLSIdentity {
    try TLSIdentity(certificates: [certificate.certificate] + chain, key: certificate.key)
  }

  @Test(
    "SGP.22 §2.6.6, §4.5.2.1: a server with a certificate of the CI for its name is believed, also with critical policies",
    arguments: [false, true])
  func good(criticalPolicy: Bool) async throws {
    let ci = try TestCertificates.issuer()
    let server = try ci.issue(.init(name: "DP", dns: Self.name, criticalPolicy: criticalPolicy))
    let circle = Circle(roots: [try Certificate(encoded: ci.certificate)])
    let result = try await get(
      identity(server), roots: [ci.certificate], check: HTTPSClient.Configuration(circle: circle).checkServer)
    #expect(try result.get().body == [1, 2, 3])
  }

  enum BadChain: String, CaseIterable {
    case expired, wrongName, otherIssuer, wrongRole, selfSigned, notYetValid, leafAsIssuer, tamperedSignature
  }

  @Test("a bad TLS chain is refused before a request goes out", arguments: BadChain.allCases)
  func bad(_ chain: BadChain) async throws {
    let ci = try TestCertificates.issuer()
    let now = Instant.now()
    let good = TestCertificates.Request(name: "DP", dns: Self.name)
    var request = good
    let offered: TLSIdentity
    switch chain {
    case .expired:
      (request.from, request.to) = (now - .seconds(7200), now - .seconds(60))
      offered = try identity(ci.issue(request))
    case .notYetValid:
      (request.from, request.to) = (now + .seconds(3600), now + .seconds(7200))
      offered = try identity(ci.issue(request))
    case .wrongName:
      request.dns = "smdp.example.org"
      offered = try identity(ci.issue(request))
    case .otherIssuer:
      // The same name as the trusted one, another key.
      offered = try identity(TestCertificates.issuer().issue(request))
    case .wrongRole:
      request.policy = TestCertificates.dpAuth
      offered = try identity(ci.issue(request))
    case .selfSigned:
      offered = try identity(TestCertificates(request))
    case .leafAsIssuer:
      let leaf = try ci.issue(.init(name: "Another DP", dns: "other.example.com"))
      offered = try identity(leaf.issue(request), chain: [leaf.certificate])
    case .tamperedSignature:
      let issued = try ci.issue(request)
      var certificate = issued.certificate
      certificate[certificate.count - 1] ^= 0x01
      offered = try TLSIdentity(certificates: [certificate], key: issued.key)
    }
    let circle = Circle(roots: [try Certificate(encoded: ci.certificate)])
    let result = try await get(
      offered, roots: [ci.certificate], check: HTTPSClient.Configuration(circle: circle).checkServer)
    guard case .failure(let error) = result else {
      Issue.record("believed: \(result)")
      return
    }
    #expect(error.kind == .untrusted, "\(error)")
    // Each for its own reason: what TLS itself refuses, the name, and the role that only the circle knows.
    switch chain {
    case .wrongName: #expect(error.sentence.contains("another name"), "\(error)")
    case .wrongRole: #expect(error.sentence.contains("another role"), "\(error)")
    default: #expect(error.sentence.contains("is refused: expired"), "\(error)")
    }
  }

  @Test(
    "SGP.22 §4.5.2.1: an authority's TLS certificates serve on both sides, until they are revoked or play another role")
  func circle() async throws {
    let random = SystemRandomSource.shared
    let validity = Validity(notBefore: Instant.now() - .seconds(60), notAfter: Instant.now() + .seconds(3600))
    let ci = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "CI")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random)
    let oid = try #require(OID("2.999.10"))
    func identity(_ profile: CertificateProfile) throws -> (TLSIdentity, Certificate) {
      let key = PrivateKey(.p256, random: random)
      let certificate = try ci.issue(profile, named: "DP", to: key.publicKey, validity: validity, random: random)
      return (try TLSIdentity(certificates: [certificate.encoded], key: key), certificate)
    }
    let (dp, dpCertificate) = try identity(.dpTLS(oid, hosts: [Self.name]))
    let (ds, _) = try identity(.dsTLS(oid, hosts: [Self.name]))
    let (mno, mnoCertificate) = try identity(.operatorTLS)
    let circle = Circle(roots: [ci.certificate])
    var later = circle
    _ = try later.load(
      ci.revocationList(
        number: 1, revoked: [dpCertificate.serialNumber: Instant.now()], thisUpdate: Instant.now(),
        nextUpdate: Instant.now() + .seconds(600)),
      at: Instant.now())

    func ask(
      _ server: TLSIdentity, _ client: TLSIdentity?, trusting: Circle, roles: [Role] = [.dpTLS]
    ) async throws -> Reply {
      let running = try await HTTPServer.start([
        Listener(port: 0, identity: server, clients: .members(of: circle, as: [.operatorTLS])) { message in
          Reply(body: message.peerCertificate ?? [])
        }
      ])
      var configuration = HTTPSClient.Configuration(circle: trusting, roles: roles, identity: client)
      configuration.places = [Self.name: "127.0.0.1:\(running.ports[0])"]
      let link = try HTTPSClient(configuration)
      defer { link.close() }
      do {
        let reply = try await link.send(Message(host: Self.name, path: "/"))
        await running.stop(grace: .milliseconds(100))
        return reply
      } catch {
        await running.stop(grace: .milliseconds(100))
        throw error
      }
    }
    #expect(try await ask(dp, mno, trusting: circle).body == mnoCertificate.encoded)
    #expect(try await ask(ds, mno, trusting: circle, roles: [.dpTLS, .dsTLS]).status == 200)
    await #expect(throws: LinkError.self) { try await ask(ds, mno, trusting: circle) }
    await #expect(throws: LinkError.self) { try await ask(dp, mno, trusting: later) }
    await #expect(throws: LinkError.self) { try await ask(dp, ds, trusting: circle) }
    await #expect(throws: LinkError.self) { try await ask(dp, nil, trusting: circle) }
  }

  @Test("a client without roots believes nobody, the system's roots included") func noRoots() async throws {
    let ci = try TestCertificates.issuer()
    let result = try await get(identity(ci.issue(.init(name: "DP", dns: Self.name))), roots: [])
    #expect(throws: LinkError.self) { try result.get() }
  }

  @Test(
    "SGP.26: the test SM-DP+'s TLS certificate is believed under the test CIs, one of them brainpool",
    .enabled(if: Vectors.exist, Vectors.missing))
  func sgp26() async throws {
    let identity = try TLSIdentity(certificates: [SGP26.nist.dpTLS.encoded], key: SGP26.nist.dpTLSKey)
    let roots = try [SGP26.brainpool.ci.encoded, SGP26.nist.ci.encoded]
    let result = try await get(identity, roots: roots, name: "testsmdpplus1.example.com")
    // The published certificate ends on 6 February 2027.
    if Instant.now() < Instant(seconds: 1_801_921_147) {
      #expect(try result.get().status == 200)
    } else {
      #expect(throws: LinkError.self) { try result.get() }
    }
    let withoutCI = try await get(identity, roots: [roots[0]], name: "testsmdpplus1.example.com")
    #expect(throws: LinkError.self) { try withoutCI.get() }
  }

  @Test("SGP.22 §5.6: a brainpool key is refused as TLS identity with advice") func brainpool() throws {
    let key = PrivateKey(.brainpoolP256r1, random: SystemRandomSource.shared)
    #expect(throws: LinkError.self) { try TLSIdentity(certificates: [[0x30, 0x00]], key: key) }
  }
}
