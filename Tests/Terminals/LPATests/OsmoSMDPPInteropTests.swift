import APDU
import Bytes
import CircleOfTrust
import EUICC
import Foundation
import Identifiers
import Keys
import LPA
import SGP22
import SecureElement
import Synchronization
import TLV
import TestSupport
import Testing
import Transport
import TransportCard
import TransportHTTP
import UICC
import World

/// Run by Tests/Interop/osmo-smdpp, which starts the server.
@Suite(
  "osmo-smdpp as a foreign server", .serialized,
  .enabled(
    if: ProcessInfo.processInfo.environment["SIMURGH_OSMO_SMDPP"] != nil, "run by Tests/Interop/osmo-smdpp"))
struct OsmoSMDPPInteropTests {
  private static let name = "testsmdpplus1.example.com"
  private static let environment = ProcessInfo.processInfo.environment

  private let circle: Circle
  private let card: InProcessCard
  private let servers: HTTPSClient

  init() throws {
    let set = SGP26.nist
    let root = try set.ci
    circle = Circle(roots: [root])
    let certified = try set.euicc
    let identity = Personalisation.Identity(
      ciPKId: try #require(root.subjectKeyIdentifier),
      key: try set.euiccKey,
      euiccCertificate: certified, eumCertificate: try set.eum)
    let memory = VolatileMemory()
    let vault = try KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))
    try Manufacture.personalise(
      memory,
      as: Personalisation(
        eid: try #require(certified.eid), identities: [identity], roots: [root], madeAt: .now(),
        rootDsAddress: "ds.example.com"), vault: vault, random: SystemRandomSource.shared)
    card = InProcessCard(SoftwareEUICC(memory: memory, vault: vault))
    let trusted = circle
    var configuration = HTTPSClient.Configuration(circle: trusted, roles: [.dpTLS])
    configuration.places = [Self.name: Self.environment["SIMURGH_OSMO_SMDPP"] ?? ""]
    servers = try HTTPSClient(configuration)
  }

  private func client(_ person: ScriptedPerson) throws -> Client {
    Client(
      isdr: try ISDR(card), servers: servers, person: person, device: DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11]),
      pause: { _ in })
  }

  @Test(
    "our LPA and our eUICC download, enable, rename, disable and delete; every notification is taken",
    arguments: ["TS48v3_SAIP2.1_NoBERTLV", "TS48V5-SAIP2-3-BERTLV-SUCI-UNIQUE"])
  func ours(package: String) throws {
    let person = ScriptedPerson()
    let client = try client(person)
    let outcome = try client.download(ActivationCode("LPA:1$\(Self.name)$\(package)"))
    #expect(person.questions.count == 1)
    #expect(try client.deliverNotifications().waiting.isEmpty)
    try client.isdr.setNickname("Test", of: outcome.iccid)
    try client.isdr.enable(.iccid(outcome.iccid), refresh: false)
    let profile = try #require(try client.isdr.profiles().first)
    #expect(profile.iccid == outcome.iccid)
    #expect(profile.profileState == .enabled)
    #expect(profile.profileNickname == "Test")
    try authenticate()
    try client.isdr.disable(.iccid(outcome.iccid), refresh: false)
    try client.isdr.delete(.iccid(outcome.iccid))
    #expect(try client.isdr.profiles().isEmpty)
    #expect(try client.deliverNotifications().waiting.isEmpty)
    #expect(try client.isdr.notifications().isEmpty)
    client.isdr.close()
  }

  /// TS 31.102 §7.1.2: the USIM that was downloaded answers AUTHENTICATE with the test algorithm's values (TS 34.108
  /// §8.1.2), under the key that TS.48 gives its profiles.
  private func authenticate() throws {
    let phone = TerminalChannel(card)
    let usim = AID(literal: "A0000000871002")
    #expect(try phone.send(Command(cla: 0, ins: 0xA4, p1: 0x04, p2: 0x04, data: usim.bytes, le: 256)).status.isSuccess)
    let key = Secret([UInt8](0..<16))
    let algorithm = try TestAlgorithm(k: key)
    let rand = SystemRandomSource.shared.bytes(16)
    let sqn = try #require(SequenceNumber(32))
    let response = try algorithm.f2345(rand: rand)
    let token = try algorithm.authenticationToken(rand: rand, sqn: sqn, amf: [0x80, 0], response: response).bytes
    let challenge = [UInt8(rand.count)] + rand + [UInt8(token.count)] + token
    let answer = try phone.send(Command(cla: 0, ins: 0x88, p1: 0, p2: 0x81, data: challenge, le: 256))
    #expect(answer.status.isSuccess)
    let values = [response.res, response.ck.bytes, response.ik.bytes]
    let expected: [UInt8] = [0xDB] + values.flatMap { [UInt8($0.count)] + $0 }
    #expect(answer.data.starts(with: expected), "\(answer.data.hex)")
  }

  @Test("a rejection is signed by our eUICC and taken by the server") func rejection() throws {
    let person = ScriptedPerson()
    person.decision = .reject
    let client = try client(person)
    #expect(throws: Problem.cancelled(.endUserRejection)) {
      try client.download(ActivationCode("1$\(Self.name)$TS48v3_SAIP2.1_NoBERTLV"))
    }
    #expect(try client.isdr.profiles().isEmpty)
  }

  @Test("a token of no profile is refused in the specification's codes") func unknownToken() throws {
    let client = try client(ScriptedPerson())
    #expect(throws: Problem.refused(try #require(FQDN(Self.name)), .matchingIdRefused)) {
      try client.download(ActivationCode("1$\(Self.name)$NO-SUCH-PROFILE"))
    }
  }

  @Test(
    "lpac downloads onto our eUICC over stdio, its requests carried over verified TLS",
    .enabled(if: environment["SIMURGH_LPAC"]?.isEmpty == false, "lpac is missing"))
  func lpac() throws {
    let lpac = try #require(Self.environment["SIMURGH_LPAC"])
    let lines = Mutex<[String]>([])
    let stdio = LPACStdio(card, servers: servers) { line in lines.withLock { $0.append(line) } }
    func run(_ arguments: String...) throws -> String {
      lines.withLock { $0 = [] }
      let status = try stdio.run([lpac] + arguments)
      let output = lines.withLock { $0.joined(separator: "\n") }
      #expect(status == 0, "\(arguments): \(output)")
      return output
    }
    _ = try run("profile", "download", "-s", Self.name, "-m", "TS48v3_SAIP2.1_NoBERTLV")
    let list = try run("profile", "list")
    let iccid = try #require(list.firstMatch(of: #/"iccid":"(\d+)"/#)?.1)
    _ = try run("profile", "enable", String(iccid))
    _ = try run("profile", "nickname", String(iccid), "by lpac")
    _ = try run("profile", "disable", String(iccid))
    _ = try run("notification", "process", "-a", "-r")
    _ = try run("profile", "delete", String(iccid))
    #expect(try run("profile", "list").contains(#""data":[]"#))
    _ = try run("chip", "info")
  }
}
