import Bytes
import CardIssuer
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store
import TestScheme
import TestStores
import Testing
import Transport

@Suite("Paragraph 0008: a terminal's keys loaded from the centre when it is installed", .overEveryStore)
struct InstallationTests {
  let scheme: TestScheme
  let store: any Store
  let desk: CardIssuer.Desk
  let number: TerminalNumber
  let now = TestScheme.start

  init() throws {
    scheme = try TestScheme()
    store = try StoreKind.current.make()
    desk = try Desk(store: store, issuer: scheme.issuer)
    number = try TerminalNumber("00000005")
  }

  private func installation(_ code: InstallationCode, _ number: String = "00000005") throws -> TerminalInstallation {
    TerminalInstallation(
      try TerminalNumber(number), in: "Test", code: code, key: PrivateKey(.p256, random: scheme.random))
  }

  @Test("a code as it is dialled: certified once, and cards take the terminal") func installed() throws {
    let told = try desk.invite(number, days: 90, now: now)
    let code = try InstallationCode(told.text.lowercased().replacing("-", with: " "))
    let terminal = try installation(code)
    let identity = try terminal.identity(from: desk.install(terminal.request(), now: now))
    #expect(identity.number == number)
    #expect(identity.certificate.claimedTerm?.notAfter == now + .seconds(90 * 86_400))
    let card = try scheme.card()
    #expect(try scheme.open(card, identity).card.card.text == "9000000000000001")
    #expect(try store.read { try EventRecord.entries(correlation: number.text, in: $0) }.count == 1)
  }

  @Test("an answer that was lost is given again, to the same key; another key gets nothing by the code") func once()
    throws
  {
    let code = try desk.invite(number, days: 90, now: now)
    let terminal = try installation(code)
    let first = try desk.install(terminal.request(), now: now)
    let later = now + .seconds(30 * 86_400)
    #expect(try desk.install(terminal.request(), now: later) == first)
    #expect(throws: InstallationRefusal.usedBefore) { try desk.install(installation(code).request(), now: now) }
  }

  @Test("without the code, for another terminal, after its time, or changed in any byte: nothing is certified")
  func refused() throws {
    let code = try desk.invite(number, days: 90, now: now)
    let terminal = try installation(code)
    let guessed = try #require(InstallationCode(scheme.random.bytes(16)))
    #expect(throws: InstallationRefusal.notInvited) { try desk.install(installation(guessed).request(), now: now) }
    #expect(throws: InstallationRefusal.notInvited) {
      try desk.install(installation(code, "00000006").request(), now: now)
    }
    let late = now + CardIssuer.Desk.codeLifetime + .seconds(1)
    #expect(throws: InstallationRefusal.notInvited) { try desk.install(terminal.request(), now: late) }
    let request = try terminal.request()
    for index in request.indices {
      var changed = request
      changed[index] ^= 1
      #expect(throws: InstallationRefusal.self, "byte \(index)") { try desk.install(changed, now: now) }
      #expect(throws: InstallationRefusal.self) { try desk.install(Array(request.prefix(index)), now: now) }
    }
    #expect(try store.read { try $0.query("SELECT 1 FROM certified_terminal") }.isEmpty)
    #expect(throws: InvalidIdentifier.self) { try InstallationCode("1234-5678") }
  }

  @Test("who has seen the whole request, but not the code, gets no other key certified, and sells no other scheme")
  func observed() throws {
    let code = try desk.invite(number, days: 90, now: now)
    let terminal = try installation(code)
    let seen = try Signed<InstallationRequest>(encoded: terminal.request())
    let key = PrivateKey(.p256, random: scheme.random)
    let forged = try Signed(
      InstallationRequest(terminal: number, key: key.publicKey, proof: seen.claimedBody.proof),
      by: KeyHolder(number.party, key: key), to: .issuer("Test"), answering: #require(seen.claimedChallenge))
    #expect(throws: InstallationRefusal.notInvited) { try desk.install(forged.encoded, now: now) }
    // Somebody in the centre's place has a master key of his own.
    let thief = try TestScheme("thief")
    let certificate = try thief.issuer.certify(number, key: seen.claimedBody.key, term: thief.term)
    let genuine = try InstallationAnswer(encoded: desk.install(terminal.request(), now: now))
    let answer = InstallationAnswer(scheme: thief.issuer.scheme, certificate: certificate, proof: genuine.proof)
    #expect(throws: SecureMessageError.wrongSignature) { try terminal.identity(from: answer.encoded) }
  }

  @Test("over HTTP: what is no request, and what is too long, has a status of its own") func route() throws {
    let route = Route(desk, now: { [now] in now })
    let terminal = try installation(desk.invite(number, days: 90, now: now))
    func status(_ body: [UInt8], _ path: String = Route.installationPath, _ method: String = "POST") -> Int {
      route.respond(to: Message(method: method, host: "centre", path: path, body: body)).status
    }
    #expect(status([]) == 400)
    #expect(status([], "/payment") == 404)
    #expect(status([], Route.installationPath, "GET") == 405)
    #expect(status([UInt8](repeating: 0, count: Route.bodyLimit + 1)) == 413)
    #expect(try status(terminal.request()) == 200)
    let other = try #require(InstallationCode(scheme.random.bytes(16)))
    #expect(try status(installation(other).request()) == 403)
    #expect(try status(installation(desk.invite(number, days: 1, now: now)).request()) == 200)
  }
}
