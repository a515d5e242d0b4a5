import APDU
import Bytes
import CircleOfTrust
import EUICC
import Identifiers
import Keys
import SGP22
import SecureElement
import TLV
import TestSupport
import Testing

@Suite("Loading a bound profile package, the eUICC's side") struct LoadBoundProfilePackageTests {
  static let iccid = "8900000000000000014"

  @Test("SGP.22 §2.5: a package is installed and its result signed", arguments: Curve.allCases, [false, true])
  func success(curve: Curve, usesPPK: Bool) throws {
    let world = try TestCircle(curve)
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let iccid = try ICCID(Self.iccid)
    var contents = try server.contents(iccid, package: SampleInstaller.package(iccid, padding: 5000)) { metadata in
      metadata.iconType = .png
      metadata.icon = [UInt8](repeating: 8, count: 1024)
    }
    contents.usesPPK = usesPPK
    let result = try server.download(contents, into: card)
    #expect(result.success?.aid.bytes.hex == "A0000005591010FFFFFFFF8900001000")
    #expect(result.data.transactionId == server.transactionId)
    #expect(result.data.smdpOid == world.oid)
    #expect(result.data.notificationMetadata.notificationAddress == TestCircle.address)
    #expect(result.data.notificationMetadata.iccid == iccid)
    let certificate = try server.authenticate(card).euiccCertificate
    #expect(
      certificate.publicKey.verifies(result.euiccSignPIR, over: result.profileInstallationResultData.encoded))
    let profile = try #require(try card.profiles().first)
    #expect(profile.iccid == iccid)
    #expect(profile.profileState == .disabled)
    #expect(profile.isdpAid == result.success?.aid)
    #expect(try card.retrieve() == [.profileInstallationResult(Verbatim(result))])
    try card.powerOn()
    #expect(try card.profiles() == [profile])
  }

  /// What is done to the contents, and what comes of it.
  struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let command: BppCommandId
    let reason: ErrorReason
    let apply: @Sendable (inout TestServer.Contents) throws -> Void

    init(
      _ name: String, _ command: BppCommandId, _ reason: ErrorReason,
      _ apply: @escaping @Sendable (inout TestServer.Contents) throws -> Void
    ) {
      (testDescription, self.command, self.reason, self.apply) = (name, command, reason, apply)
    }

    static func flip(_ sequence: UInt8, _ place: Int, at offset: Int) -> @Sendable (inout TestServer.Contents) -> Void {
      { contents in
        contents.change = { where_, index, bytes in
          guard where_ == sequence, index == place else { return bytes }
          var bytes = bytes
          bytes[offset < 0 ? bytes.count + offset : offset] ^= 1
          return bytes
        }
      }
    }

    static let all: [Attack] = [
      Attack("smdpSign by another key", .initialiseSecureChannel, .invalidSignature) {
        $0.signer = PrivateKey(.p256, random: SeededRandomSource(seed: [9]))
      },
      Attack("another transaction", .initialiseSecureChannel, .invalidTransactionId) {
        $0.transactionId = TransactionId([0xFF])
      },
      Attack("another remote operation", .initialiseSecureChannel, .unsupportedRemoteOperationType) {
        $0.remoteOpId = 2
      },
      Attack("another key type", .initialiseSecureChannel, .unsupportedCrtValues) {
        $0.template = ControlRefTemplate(keyType: 0x80, hostId: [1, 2, 3])
      },
      Attack("another key length", .initialiseSecureChannel, .unsupportedCrtValues) {
        $0.template = ControlRefTemplate(keyLen: 0x20, hostId: [1, 2, 3])
      },
      Attack("a one-time key off the curve", .initialiseSecureChannel, .incorrectInputValues) {
        $0.smdpOtpk = [0x04] + [UInt8](repeating: 5, count: 64)
      },
      Attack("another party's one-time key", .configureISDP, .scp03tSecurityError) {
        $0.smdpOtpk = PrivateKey(.p256, random: SeededRandomSource(seed: [9])).publicKey.point
      },
      Attack("ConfigureISDP changed", .configureISDP, .scp03tSecurityError, flip(0xA0, 0, at: 6)),
      Attack("ConfigureISDP's MAC changed", .configureISDP, .scp03tSecurityError, flip(0xA0, 0, at: -1)),
      Attack("ConfigureISDP of another SM-DP+", .configureISDP, .incorrectInputValues) {
        $0.configuration = try ConfigureISDPRequest(dpOid: #require(OID("2.999.99"))).encoded
      },
      Attack("ConfigureISDP that is none", .configureISDP, .incorrectInputValues) { $0.configuration = [0x30, 0x00] },
      Attack("metadata changed", .storeMetadata, .scp03tSecurityError, flip(0xA1, 0, at: 20)),
      Attack("session keys changed", .replaceSessionKeys, .scp03tSecurityError) {
        $0.usesPPK = true
        flip(0xA2, 0, at: 10)(&$0)
      },
      Attack("a segment changed", .loadProfileElements, .scp03tSecurityError, flip(0xA3, 2, at: 30)),
      Attack("a segment's MAC changed", .loadProfileElements, .scp03tSecurityError, flip(0xA3, 2, at: -2)),
      Attack("a segment of another kind", .loadProfileElements, .scp03tStructureError) {
        $0.change = { $0 == 0xA3 && $1 == 0 ? $2 : $2 }
        $0.change = { where_, index, bytes in
          where_ == 0xA3 && index == 1 ? [0x88] + bytes.dropFirst() : bytes
        }
      },
      Attack("an element that cannot be processed", .loadProfileElements, .installFailedDueToPEProcessingError) {
        $0.package = try SampleInstaller.package(ICCID(iccid), isBad: true)
      },
      Attack("another profile's ICCID", .loadProfileElements, .installFailedDueToIccidMismatch) {
        $0.package = try SampleInstaller.package(ICCID("8900000000000000022"))
      },
      Attack("a test profile with real keys", .loadProfileElements, .testProfileInstallFailedDueToInvalidNaaKey) {
        $0.metadata.profileClass = .test
      },
      Attack("too large a profile", .loadProfileElements, .installFailedDueToInsufficientMemoryForProfile) {
        $0.package = try SampleInstaller.package(ICCID(iccid), padding: 30_000)
      },
    ]
  }

  @Test(
    "§5.5, §5.7.6: what is wrong in a package is told in a signed result and leaves no trace", arguments: Attack.all)
  func attack(attack: Attack) throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation(), capacity: 30_000)
    let server = try TestServer(world)
    let iccid = try ICCID(Self.iccid)
    var contents = try server.contents(iccid, package: SampleInstaller.package(iccid, padding: 5000))
    try attack.apply(&contents)
    let areas = card.memory.map.areas
    let result = try server.download(contents, into: card)
    #expect(result.error?.bppCommandId == attack.command)
    #expect(result.error?.errorReason == attack.reason)
    #expect((result.error?.simaResponse != nil) == (attack.reason == .installFailedDueToPEProcessingError))
    #expect(try card.profiles().isEmpty)
    #expect(card.memory.map.areas == areas)
    // Only the result is left, under the next number; and the session is over.
    #expect(try card.retrieve() == [.profileInstallationResult(Verbatim(result))])
    #expect(try card.storeData([0x86, 0x00]).status == .referencedDataNotFound)
    // The card is as good as new.
    let good = try server.contents(iccid)
    #expect(try server.download(good, into: card).data.notificationMetadata.seqNumber == 2)
    #expect(try card.profiles().count == 1)
  }

  @Test("§5.7.6: sequences that are cut, doubled, swapped or mixed are refused") func structure() throws {
    let world = try TestCircle()
    let server = try TestServer(world)
    let iccid = try ICCID(Self.iccid)
    func run(_ change: ([[UInt8]]) -> [[UInt8]]) throws -> (TestCard, ErrorResult?) {
      let card = try TestCard(world.personalisation())
      let otpk = try server.prepare(card)
      let eid = try card.call(ES10c.GetEID.self, .init()).eidValue
      let contents = try server.contents(iccid, package: SampleInstaller.package(iccid, padding: 3000))
      let package = try server.bind(contents, to: otpk, eid: eid)
      for piece in change(package.segments) {
        let response = try card.storeData(piece)
        if !response.data.isEmpty { return (card, try ProfileInstallationResult(encoded: response.data).error) }
        guard response.status.isSuccess else { break }
      }
      return (card, nil)
    }
    let changes: [(String, ([[UInt8]]) -> [[UInt8]])] = [
      ("swapped segments", { $0.dropLast(2) + [$0[$0.count - 1], $0[$0.count - 2]] }),
      ("a doubled segment", { $0.dropLast() + [$0[$0.count - 2], $0[$0.count - 1]] }),
      ("a dropped segment", { $0.dropLast(2) + [$0[$0.count - 1]] }),
      ("no ConfigureISDP", { [$0[0]] + $0.dropFirst(2) }),
      ("no metadata", { Array($0.prefix(2)) + $0.dropFirst(4) }),
      ("the package twice", { [$0[0], $0[0]] }),
      ("elements before metadata", { Array($0.prefix(2)) + [$0[4]] + $0.dropFirst(2) }),
    ]
    for (name, change) in changes {
      let (card, error) = try run(change)
      if name == "the package twice" {
        #expect(error == nil)
      } else {
        #expect(error != nil, "\(name)")
      }
      #expect(try card.profiles().isEmpty, "\(name)")
    }
    // A piece cut short, at every length of a segment.
    let (card, _) = try run { $0.dropLast() + [Array($0[$0.count - 1].dropLast())] }
    #expect(try card.profiles().isEmpty)
  }

  @Test("§5.7.6: a package without preparation, or after another command, is refused") func order() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let iccid = try ICCID(Self.iccid)
    let otpk = try server.prepare(card)
    let eid = try card.call(ES10c.GetEID.self, .init()).eidValue
    let package = try server.bind(server.contents(iccid), to: otpk, eid: eid)
    #expect(try card.storeData(package.segments[1]).status == .referencedDataNotFound)
    #expect(try card.storeData(package.segments[0]).status == .ok)
    _ = try card.challenge()
    #expect(try card.storeData(package.segments[1]).status == .referencedDataNotFound)
    #expect(try card.storeData(package.segments[0]).status == .conditionsOfUse)
    #expect(try card.notifications().isEmpty)
    // The one-time key was not used up: the same package is loaded in a new session of the same name.
    #expect(try server.prepare(card, bppEuiccOtpk: otpk) == otpk)
    #expect(try TestServer.load(package, into: card).success != nil)
    // Now it is.
    #expect(try server.prepare(card, bppEuiccOtpk: otpk) != otpk)
    #expect(try card.profiles().count == 1)
  }

  @Test("a package for another eUICC is refused") func otherCard() throws {
    let world = try TestCircle()
    let server = try TestServer(world)
    let iccid = try ICCID(Self.iccid)
    let first = try TestCard(world.personalisation(seed: "first"))
    let second = try TestCard(world.personalisation(seed: "second"), random: SeededRandomSource(seed: [77]))
    let otpk = try server.prepare(first)
    let eid = try first.call(ES10c.GetEID.self, .init()).eidValue
    let package = try server.bind(server.contents(iccid), to: otpk, eid: eid)
    _ = try server.prepare(second)
    #expect(try TestServer.load(package, into: second).error?.errorReason == .invalidSignature)
  }

  @Test("a power cut in any write of a download leaves it whole or not at all, and it can be resumed") func powerCuts()
    throws
  {
    let world = try TestCircle()
    let server = try TestServer(world)
    let iccid = try ICCID(Self.iccid)
    let personalisation = try world.personalisation()
    let contents = try server.contents(iccid) { metadata in
      metadata.notificationConfigurationInfo?.append(
        NotificationConfigurationInformation(
          profileManagementOperation: [.notificationInstall], notificationAddress: "second.example.com"))
    }
    // How many bytes the last write has.
    var outcomes: Set<Bool> = []
    for cut in stride(from: 0, through: 4000, by: 61) {
      let storage = PowerCutLog(VolatileLog())
      let card = try TestCard(personalisation, memory: LogMemory(storage))
      let otpk = try server.prepare(card)
      let package = try server.bind(contents, to: otpk, eid: personalisation.eid)
      storage.cut(atWrite: 1, cut == 4000 ? .afterWrite : .afterBytes(cut))
      var last: [UInt8] = []
      for piece in package.segments {
        var rest = piece[...]
        var number: UInt8 = 0
        repeat {
          let isLast = rest.count <= 250
          last = card.card.respond(
            Command(cla: 0x80, ins: 0xE2, p1: isLast ? 0x91 : 0x11, p2: number, data: Array(rest.prefix(250))).bytes)
          rest = rest.dropFirst(250)
          number += 1
        } while !rest.isEmpty
      }
      #expect(last.isEmpty)
      try card.powerOn()
      let isInstalled = try !card.profiles().isEmpty
      outcomes.insert(isInstalled)
      #expect(try card.notifications().count == (isInstalled ? 2 : 0))
      guard !isInstalled else {
        #expect(try card.notifications().map(\.seqNumber) == [1, 2])
        continue
      }
      #expect(try server.prepare(card, bppEuiccOtpk: otpk) == otpk)
      #expect(try TestServer.load(package, into: card).success != nil)
      #expect(try card.notifications().map(\.seqNumber) == [1, 2])
    }
    #expect(outcomes == [true, false])
  }

  @Test("§5.5.3: an ICCID that is there already is refused") func twice() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let contents = try server.contents(ICCID(Self.iccid))
    #expect(try server.download(contents, into: card).success != nil)
    let error = try server.download(contents, into: card).error
    #expect(error?.bppCommandId == .storeMetadata)
    #expect(error?.errorReason == .installFailedDueToIccidAlreadyExistsOnEuicc)
    #expect(try card.profiles().count == 1)
  }
}
