import AddressDirectory
import AddressLookup
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SecureMessages
import StoreSQLite
import TLV
import TestSupport
import Testing
import Transport
import TransportHTTP

@Suite("D, E: a directory's answer is advice, and certificates decide") struct AddressAdviceTests {
  private let directory: TestDirectory
  private let request: FindAddress.Request
  private let response: FindAddress.Response

  init() throws {
    directory = try TestDirectory()
    _ = try directory.register(directory.manager).get()
    request = FindAddress.Request(eid: directory.eid, service: .manager)
    response = try directory.ask().get()
  }

  private func forged(_ statement: AddressStatement, by signer: KeyHolder? = nil) throws -> FindAddress.Response {
    let own = try signer ?? KeyHolder(AddressStatement.directory(directory.oid), key: stranger.key)
    let term = Term(serial: 1, notBefore: TestCircle.start, notAfter: TestCircle.start + .seconds(60))
    return .init(
      statement: try Signed(statement, by: own, term: term), certificate: response.certificate)
  }

  private var stranger: TestCircle.Party {
    get throws { try directory.circle.issue(.dsTLS(directory.oid, hosts: ["directory.example.com"])) }
  }

  private var lie: AddressStatement {
    AddressStatement(
      eid: directory.eid, service: .manager, server: directory.otherManager.oid, host: "sr2.example.com")
  }

  @Test("an answer that the directory did not sign, for another directory, or with a foreign certificate is refused")
  func signature() throws {
    #expect(throws: AddressDoubt.message(.wrongSignature)) { try directory.advice(forged(lie), to: request) }
    let other = try #require(OID("2.999.41"))
    #expect(throws: AddressDoubt.otherDirectory) {
      try AddressAdvice(response, to: request, from: other, in: directory.trust.circle, at: TestCircle.start)
    }
    // A server of another role signs with its own key and shows its own certificate.
    let stranger = try stranger
    let signer = KeyHolder(try AddressStatement.directory(directory.oid), key: stranger.key)
    let posing = try FindAddress.Response(
      statement: forged(lie, by: signer).statement, certificate: stranger.certificate.encoded)
    let doubt = #expect(throws: AddressDoubt.self) { try directory.advice(posing, to: request) }
    guard case .certificate(let error) = doubt, case .wrongRole = error.reason else {
      Issue.record("\(String(describing: doubt))")
      return
    }
  }

  @Test("an answer about another eUICC or service, an old one, and one of a revoked directory are refused")
  func stale() throws {
    let other = FindAddress.Request(eid: try EID("89049032123451234512345678901332"), service: .manager)
    #expect(throws: AddressDoubt.otherQuestion) { try directory.advice(response, to: other) }
    #expect(throws: AddressDoubt.otherQuestion) {
      try directory.advice(response, to: .init(eid: directory.eid, service: nil))
    }
    var circle = directory.trust.circle
    let certificate = try Certificate(encoded: response.certificate)
    try circle.load(
      directory.circle.root.revocationList(
        number: 1, revoked: [certificate.serialNumber: TestCircle.start], thisUpdate: TestCircle.start,
        nextUpdate: TestCircle.start + .seconds(86_400)), at: TestCircle.start)
    let doubt = #expect(throws: AddressDoubt.self) {
      try AddressAdvice(response, to: request, from: directory.oid, in: circle, at: TestCircle.start)
    }
    guard case .certificate(let error) = doubt, case .revoked = error.reason else {
      Issue.record("\(String(describing: doubt))")
      return
    }
    let advice = try directory.find()
    directory.clock.advance(by: .seconds(86_401))
    #expect(throws: AddressDoubt.message(.notValidNow)) { try directory.advice(response, to: request) }
    // What was verified in time is too old all the same when it is used.
    #expect(throws: AddressDoubt.message(.notValidNow)) {
      try advice.confirm(
        directory.manager.party.certificate.encoded, in: directory.trust.circle, at: directory.clock.now)
    }
  }

  @Test("the server at the address must be the one that was named, in the service's role") func confirmation() throws {
    let (advice, circle, now) = (try directory.find(), directory.trust.circle, TestCircle.start)
    try advice.confirm(directory.manager.party.certificate.encoded, in: circle, at: now)
    // Another SM-SR at the same name; the right one, but of another name; an SM-DP with the SM-SR's identifier.
    let wrong: [CertificateProfile] = [
      .srTLS(directory.otherManager.oid, hosts: ["sr1.example.com"]),
      .srTLS(directory.manager.oid, hosts: ["sr2.example.com"]),
      .dpTLS(directory.manager.oid, hosts: ["sr1.example.com"]),
    ]
    for profile in wrong {
      let certificate = try directory.circle.issue(profile).certificate.encoded
      #expect(throws: AddressDoubt.self) { try advice.confirm(certificate, in: circle, at: now) }
    }
  }
}

@Suite("D, E: the directory over TLS") struct DirectoryOverTLSTests {
  @Test("a caller follows a directory's answer over TLS, and nothing is sent to a server that is not the one named")
  func overTLS() async throws {
    let directory = try TestDirectory()
    let circle = directory.trust.circle
    let now: @Sendable () -> Instant = { TestCircle.start }
    func identity(_ profile: CertificateProfile) throws -> TLSIdentity {
      let party = try directory.circle.issue(profile)
      return try TLSIdentity(certificates: [party.certificate.encoded], key: party.key)
    }
    let route = directory.route
    let manager = directory.manager.oid
    let doors = try await HTTPServer.start([
      Listener(
        port: 0, identity: try identity(.directoryTLS(directory.oid, hosts: ["localhost"])), clients: .anyone
      ) { await route.respond(to: $0) },
      Listener(port: 0, identity: try identity(.srTLS(manager, hosts: ["localhost"]))) { _ in Reply(body: [1]) },
      Listener(port: 0, identity: try identity(.srTLS(directory.otherManager.oid, hosts: ["localhost"]))) { _ in
        Reply(body: [2])
      },
    ])
    // The same host twice, so that only the certificate tells which server is there.
    for (index, isRight) in [(1, true), (2, false)] {
      let named = try TestDirectory.server(directory.circle, manager.description) { .srTLS($0, hosts: ["localhost"]) }
      _ = try directory.register(named, at: "localhost:\(doors.ports[index])", call: "\(index)").get()
      let client = try HTTPSClient(HTTPSClient.Configuration(circle: circle, roles: [.directoryTLS], now: now))
      var question = directory.message(FindAddress.self, .init(eid: directory.eid, service: .manager))
      question.host = "localhost:\(doors.ports[0])"
      let reply = try await client.send(question)
      let response = try JSONBinding.decodeAnswer(FindAddress.Response.self, from: reply.body).get()
      let advice = try directory.advice(response, to: .init(eid: directory.eid, service: .manager))
      var configuration = HTTPSClient.Configuration(circle: circle, roles: [.srTLS], now: now)
      configuration.checkServer = { der throws(LinkError) in
        do { try advice.confirm(der, in: circle, at: now()) } catch { throw LinkError(.untrusted, "\(error)") }
      }
      let follower = try HTTPSClient(configuration)
      let message = Message(host: advice.host.description, path: "/")
      if isRight {
        #expect(try await follower.send(message).body == [1])
      } else {
        let error = await #expect(throws: LinkError.self) { try await follower.send(message) }
        #expect(error?.kind == .untrusted)
      }
    }
    await doors.stop(grace: .milliseconds(200))
  }
}
