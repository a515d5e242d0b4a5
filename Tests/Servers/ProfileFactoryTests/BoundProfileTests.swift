import Bytes
import Foundation
import Identifiers
import Keys
import ProfileFactory
import SGP22
import SecureChannel
import TLV
import Testing

@Suite("SGP.22 §2.5.4: binding a profile") struct BoundProfileTests {
  private let random = SystemRandomSource.shared
  private let hostId: [UInt8] = [1, 2, 3]

  private func eid() throws -> EID { try EID("89049032123451234512345678901235") }
  private func oid() throws -> OID { try #require(OID("2.999.10")) }
  private func session() throws -> TransactionId { try #require(TransactionId([1, 2, 3, 4])) }

  /// What an eUICC finds in `package`.
  private func open(
    _ package: Verbatim<BoundProfilePackage>, _ key: PrivateKey, signer: PublicKey
  ) throws -> (command: [UInt8], metadata: [UInt8], profile: [UInt8], replaced: Bool) {
    let bound = try BoundProfilePackage(encoded: package.encoded)
    let channel = bound.initialiseSecureChannelRequest
    #expect(signer.verifies(channel.value.smdpSign, over: channel.toBeSigned(with: key.publicKey.point)))
    var receiver = BSP.Receiver(
      keys: try BSP.SessionKeys(
        sharedSecret: key.agree(with: PublicKey(key.curve, point: channel.value.smdpOtpk)),
        hostId: channel.value.controlRefTemplate.hostId, eid: eid()), segmentLimit: BSP.segmentLimit)
    let command = try bound.firstSequenceOf87.flatMap { try receiver.open($0, as: .command) }
    let metadata = try bound.sequenceOf88.flatMap { try receiver.open($0, as: .metadata) }
    if let second = bound.secondSequenceOf87 {
      let keys = try ReplaceSessionKeysRequest(encoded: second.flatMap { try receiver.open($0, as: .command) })
      receiver.replaceKeys(
        try BSP.SessionKeys(
          sENC: keys.ppkEnc, sMAC: keys.ppkCmac, initialMACChainingValue: Secret(keys.initialMacChainingValue)))
    }
    let profile = try bound.sequenceOf86.flatMap { try receiver.open($0, as: .profile) }
    return (command, metadata, profile, bound.secondSequenceOf87 != nil)
  }

  @Test(
    "A package comes out as it went in, under session keys and under keys of its own", arguments: Curve.allCases,
    [0, 1, 1007, 1008, 40_000])
  func roundTrip(curve: Curve, size: Int) throws {
    let package = random.bytes(size)
    let metadata = random.bytes(300)
    let (euicc, signer) = (PrivateKey(curve, random: random), PrivateKey(curve, random: random))
    for contents in [
      BoundProfile.Contents.package(package), .protected(try ProtectedProfile(package, random: random)),
    ] {
      let bound = try BoundProfile(
        contents, metadata: metadata, dpOid: oid(), hostId: hostId, eid: eid(), euiccOtpk: euicc.publicKey,
        random: random)
      #expect(try BoundProfile(encoded: bound.encoded) == bound)
      let opened = try open(
        bound.package(transactionId: session(), signedBy: signer), euicc, signer: signer.publicKey)
      #expect(opened.profile == package)
      #expect(opened.metadata == metadata)
      #expect(try ConfigureISDPRequest(encoded: opened.command).dpProprietaryData?.value.dpOid == oid())
    }
  }

  @Test("§2.5.4: metadata longer than a segment take several segments 88")
  func longMetadata() throws {
    let metadata = random.bytes(2_500)
    let (euicc, signer) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let bound = try BoundProfile(
      .package([1]), metadata: metadata, dpOid: oid(), hostId: hostId, eid: eid(), euiccOtpk: euicc.publicKey,
      random: random)
    let package = try bound.package(transactionId: session(), signedBy: signer)
    #expect(package.value.sequenceOf88.count == 3)
    #expect(try open(package, euicc, signer: signer.publicKey).metadata == metadata)
  }

  @Test("§5.6.2: for a retry only session and signature change")
  func retry() throws {
    let (euicc, signer) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let bound = try BoundProfile(
      .package(random.bytes(3_000)), metadata: [1], dpOid: oid(), hostId: hostId, eid: eid(),
      euiccOtpk: euicc.publicKey, random: random)
    let first = try bound.package(transactionId: session(), signedBy: signer)
    let second = try bound.package(transactionId: #require(TransactionId([9])), signedBy: signer)
    #expect(first.value.sequenceOf86 == second.value.sequenceOf86)
    let (a, b) = (first.value.initialiseSecureChannelRequest.value, second.value.initialiseSecureChannelRequest.value)
    #expect(a.smdpOtpk == b.smdpOtpk && a.transactionId != b.transactionId && a.smdpSign != b.smdpSign)
    #expect(try open(second, euicc, signer: signer.publicKey).metadata == [1])
  }

  @Test("Two bindings of one profile share no key")
  func fresh() throws {
    let euicc = PrivateKey(.p256, random: random)
    let bind = {
      try BoundProfile(
        .package([1, 2]), metadata: [1], dpOid: oid(), hostId: hostId, eid: eid(), euiccOtpk: euicc.publicKey,
        random: random)
    }
    #expect(try bind().smdpOtpk != bind().smdpOtpk)
  }

  @Test(
    "What binding costs; run with SIMURGH_BENCH=1 and read the output",
    .enabled(if: ProcessInfo.processInfo.environment["SIMURGH_BENCH"] != nil))
  func cost() throws {
    let (euicc, signer) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    for size in [12_000, 40_000] {
      let package = random.bytes(size)
      let protected = try ProtectedProfile(package, random: random)
      for (name, contents) in [
        ("session keys", BoundProfile.Contents.package(package)), ("PPK", .protected(protected)),
      ] {
        let start = clock()
        for _ in 0..<1000 {
          let bound = try BoundProfile(
            contents, metadata: package.prefix(250) + [], dpOid: oid(), hostId: hostId, eid: eid(),
            euiccOtpk: euicc.publicKey, random: random)
          _ = try bound.package(transactionId: session(), signedBy: signer)
        }
        print("bind \(size) bytes, \(name): \(Double(clock() - start) * 1000 / Double(CLOCKS_PER_SEC)) µs")
      }
    }
  }
}
