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
import Testing
import Transport
import TransportCard
import TransportHTTP
import UICC

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
    let folder = URL(fileURLWithPath: Self.environment["SIMURGH_VECTORS"] ?? "").appendingPathComponent("sgp26")
    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appendingPathComponent(path))) }
    func certificate(_ path: String) throws -> Certificate { try Certificate(encoded: bytes(path)) }
    let root = try certificate("CertificateIssuer/CERT_CI_ECDSA_NIST.der")
    circle = Circle(roots: [root])
    let certified = try certificate("eUICC/CERT_EUICC_ECDSA_NIST.der")
    let identity = Personalisation.Identity(
      ciPKId: try #require(root.subjectKeyIdentifier),
      key: try PrivateKey(pem: String(decoding: bytes("eUICC/SK_EUICC_ECDSA_NIST.pem"), as: UTF8.self)),
      euiccCertificate: certified, eumCertificate: try certificate("EUM/CERT_EUM_ECDSA_NIST.der"))
    let memory = VolatileMemory()
    let vault = try KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))
    try Manufacture.personalise(
      memory,
      as: Personalisation(
        eid: try #require(certified.eid), identities: [identity], roots: [root], madeAt: .now(),
        rootDsAddress: "ds.example.com"), vault: vault, random: SystemRandomSource.shared)
    card = InProcessCard(
      Chip(
        Card(
          memory: memory, applications: Manufacture.applications(vault: vault, installer: HeaderInstaller()),
          random: SystemRandomSource.shared)))
    var configuration = HTTPSClient.Configuration(circle: circle, roles: [.dpTLS])
    configuration.places = [Self.name: Self.environment["SIMURGH_OSMO_SMDPP"] ?? ""]
    servers = try HTTPSClient(configuration)
  }

  private final class Chip: CardSide {
    private let card: Card
    init(_ card: Card) { self.card = card }
    func powerOn() -> [UInt8] { card.powerOn() }
    func powerOff() { card.powerOff() }
    func reset() -> [UInt8] { card.reset() }
    func respond(_ apdu: [UInt8]) -> [UInt8] { card.respond(apdu) }
  }

  /// Takes every package whose header can be read: the packages themselves are other rooms' business.
  private struct HeaderInstaller: ProfileInstaller {
    func interpret(_ package: [UInt8]) throws(ProfileInstallationFailure) -> InterpretedProfile {
      do {
        var reader = TLVReader(package)
        let fields = try reader.element(0xA0).children()
        let iccid = try ICCID(headerBytes: fields.first { $0.tag == 0x83 }?.content ?? [])
        var files = FileSystemBuilder()
        _ = try files.createMF(FileControlParameters())
        // EUICCResponse { peStatus { status ok } }
        return InterpretedProfile(
          iccid: iccid, image: try files.build(), simaResponse: [0x30, 0x07, 0xA0, 0x05, 0x30, 0x03, 0x80, 0x01, 0x00],
          hasTestKeysOnly: false)
      } catch { throw ProfileInstallationFailure(.installFailedDueToPEProcessingError) }
    }
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
    try client.isdr.disable(.iccid(outcome.iccid), refresh: false)
    try client.isdr.delete(.iccid(outcome.iccid))
    #expect(try client.isdr.profiles().isEmpty)
    #expect(try client.deliverNotifications().waiting.isEmpty)
    #expect(try client.isdr.notifications().isEmpty)
    client.isdr.close()
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
