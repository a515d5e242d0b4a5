import APDU
import Bytes
import CircleOfTrust
import EUICC
import Foundation
import Identifiers
import JSON
import Keys
import SGP22
import SecureElement
import TLV
import TestSupport
import Testing

/// Hands out bytes that were recorded, then bytes from a seed.
final class RecordedRandomSource: RandomSource, @unchecked Sendable {
  private var recorded: [UInt8]
  private let rest = SeededRandomSource(seed: [3])

  init(_ recorded: [UInt8]) { self.recorded = recorded }

  func bytes(_ count: Int) -> [UInt8] {
    guard recorded.count >= count else { return rest.bytes(count) }
    defer { recorded.removeFirst(count) }
    return Array(recorded.prefix(count))
  }
}

/// Takes any package and keeps it.
final class KeepingInstaller: ProfileInstaller, @unchecked Sendable {
  private(set) var packages: [[UInt8]] = []
  let iccid: ICCID

  init(_ iccid: ICCID) { self.iccid = iccid }

  func interpret(_ package: [UInt8]) throws(ProfileInstallationFailure) -> InterpretedProfile {
    packages.append(package)
    guard let image = try? TestCard.image("kept") else { throw ProfileInstallationFailure(.unknown) }
    return InterpretedProfile(iccid: iccid, image: image, simaResponse: [0x30, 0x00], hasTestKeysOnly: false)
  }
}

@Suite(
  "Recorded downloads of a foreign SM-DP+",
  .enabled(if: Vectors.exist, Vectors.missing))
struct RecordedDownloadTests {
  private func personalisation(_ set: SGP26) throws -> Personalisation {
    let (root, euicc) = (try set.ci, try set.euicc)
    return Personalisation(
      eid: try #require(euicc.eid),
      identities: [
        Personalisation.Identity(
          ciPKId: try #require(root.subjectKeyIdentifier), key: try set.euiccKey, euiccCertificate: euicc,
          eumCertificate: try set.eum)
      ], roots: [root], madeAt: Instant(seconds: 1_600_000_000), rootDsAddress: "ds.example.com")
  }

  @Test(
    "SGP.22 §3.1: the card takes the recorded session and finds the package that was put in",
    arguments: SGP26.allCases)
  func replay(set: SGP26) throws {
    let recording = try JSONReader.object(Vectors.bytes("sessions/es9plus-\(set).json"))
    let calls = try recording.objects("calls")
    guard case .array(let keys)? = recording["oneTimePrivateKeyOfTheEuicc"], case .string(let hex)? = keys.first else {
      throw JSONError.missing("oneTimePrivateKeyOfTheEuicc")
    }
    let initiate = try ES9Plus.InitiateAuthentication.Request(json: calls[0].object("request"))
    let initiated = try ES9Plus.InitiateAuthentication.Response(json: calls[0].object("response"))
    let authenticate = try ES9Plus.AuthenticateClient.Request(json: calls[1].object("request"))
    let authenticated = try ES9Plus.AuthenticateClient.Response(json: calls[1].object("response"))
    let package = try ES9Plus.GetBoundProfilePackage.Response(json: calls[2].object("response")).boundProfilePackage
    let recorded = try #require(authenticate.authenticateServerResponse.value.success)

    let memory = VolatileMemory()
    let vault = try TestCard.vault
    try Manufacture.personalise(
      memory, as: personalisation(set), vault: vault, random: SeededRandomSource(seed: [4]))
    let installer = KeepingInstaller(authenticated.profileMetadata.value.iccid)
    let rehearsal = Rehearsal(
      oneTimeKey: try PrivateKey(set.curve, scalar: [UInt8](hex: hex)), euiccSignature1: recorded.euiccSignature1)
    let card = try TestCard(
      memory: memory, random: RecordedRandomSource(initiate.euiccChallenge), rehearsal: rehearsal,
      installer: installer)

    #expect(try card.challenge() == initiate.euiccChallenge)
    let request = initiated.authenticateServerRequest(ctxParams1: recorded.euiccSigned1.value.ctxParams1)
    let answer = try #require(try card.call(ES10b.AuthenticateServer.self, request).success)
    #expect(answer.euiccCertificate == recorded.euiccCertificate)
    let prepared = try #require(
      try card.call(ES10b.PrepareDownload.self, authenticated.prepareDownloadRequest).success)
    let foreign = try ES9Plus.GetBoundProfilePackage.Request(json: calls[2].object("request"))
    let expected = try #require(foreign.prepareDownloadResponse.value.success)
    #expect(prepared.euiccSigned2.encoded == expected.euiccSigned2.encoded)
    let result = try TestServer.load(package, into: card)
    #expect(result.success != nil, "\(String(describing: result.error))")
    #expect(installer.packages == [try TestProfiles.bytes("TS48v5_SAIP2.3_NoBERTLV.der")])
    #expect(try card.profiles().first?.profileName == authenticated.profileMetadata.value.profileName)
  }

  @Test("a recorded package for which the card has another one-time key is refused") func otherKey() throws {
    let recording = try JSONReader.object(Vectors.bytes("sessions/es9plus-nist.json"))
    let calls = try recording.objects("calls")
    let initiate = try ES9Plus.InitiateAuthentication.Request(json: calls[0].object("request"))
    let initiated = try ES9Plus.InitiateAuthentication.Response(json: calls[0].object("response"))
    let authenticated = try ES9Plus.AuthenticateClient.Response(json: calls[1].object("response"))
    let recorded = try #require(
      try ES9Plus.AuthenticateClient.Request(json: calls[1].object("request")).authenticateServerResponse.value.success)
    let memory = VolatileMemory()
    try Manufacture.personalise(
      memory, as: personalisation(.nist), vault: TestCard.vault, random: SeededRandomSource(seed: [4]))
    let card = try TestCard(memory: memory, random: RecordedRandomSource(initiate.euiccChallenge))
    _ = try card.challenge()
    let request = initiated.authenticateServerRequest(ctxParams1: recorded.euiccSigned1.value.ctxParams1)
    #expect(try card.call(ES10b.AuthenticateServer.self, request).success != nil)
    // The server signed another signature of the eUICC.
    #expect(
      try card.call(ES10b.PrepareDownload.self, authenticated.prepareDownloadRequest).failure?.errorCode
        == .invalidSignature)
  }

  @Test(
    "lpac's commands are answered",
    arguments: [
      "01-chip-info", "02-profile-list", "04-profile-enable", "05-notification-list", "06-profile-disable",
      "07-profile-nickname", "08-chip-defaultsmdp", "09-profile-delete", "10-notification-process", "11-chip-purge",
    ]) func lpac(file name: String) throws
  {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let iccid = try ICCID("89000123456789012341")
    #expect(try server.download(server.contents(iccid), into: card).success != nil)
    if name.hasPrefix("06") {
      _ = try card.call(ES10c.EnableProfile.self, .init(profileIdentifier: .iccid(iccid), refreshFlag: false))
    }
    let text = try Vectors.text("sessions/lpac/\(name).txt")
    #expect(
      try card.send(Command(cla: 0x80, ins: 0xAA, p1: 0, p2: 0, data: [0xA9, 0x03, 0x83, 0x01, 0x07])).status.isSuccess)
    #expect(try card.send(Command(cla: 0, ins: 0x70, p1: 0, p2: 0, le: 1)).bytes.hex == "019000")
    card.channel = 1
    try card.select(.isdr)
    for line in text.split(separator: "\n") where line.hasPrefix("C ") {
      let response = try card.transmit(Command(bytes: [UInt8](hex: line.dropFirst(2))))
      #expect(response.status == .ok, "\(line)")
      #expect(!response.data.isEmpty)
    }
  }
}
