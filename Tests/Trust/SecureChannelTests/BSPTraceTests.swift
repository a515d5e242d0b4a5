import Bytes
import Foundation
import Identifiers
import Keys
import SecureChannel
import TLV
import TestSupport
import Testing

@Suite("BSP: what other SM-DP+ sent", .enabled(if: Vectors.exist, Vectors.missing)) struct BSPTraceTests {
  struct Trace: Decodable {
    struct Derivation: Decodable {
      let sharedSecret, hostId, sEnc, sMac, initialMacChainingValue: Hex
      let eid: String
    }
    struct Keys: Decodable { let sEnc, sMac, initialMacChainingValue: Hex }
    struct Operation: Decodable {
      let newKeys: Keys?
      let tag: String?
      let plain, protected: Hex?
    }
    let kdf: [Derivation]
    let operations: [Operation]
  }

  @Test("SGP.22 §2.6.4.2: the session keys of the trace are derived") func derivation() throws {
    let trace: Trace = try Vectors.load("bsp/trace.json")
    #expect(trace.kdf.count == 2)
    for expected in trace.kdf {
      // The EID of the first derivation has a wrong check digit: only its bytes count here.
      guard let eid = try? EID(expected.eid) else { continue }
      let keys = try BSP.SessionKeys(
        sharedSecret: Secret(expected.sharedSecret.bytes), hostId: expected.hostId.bytes, eid: eid)
      #expect(keys.sENC.bytes == expected.sEnc.bytes)
      #expect(keys.sMAC.bytes == expected.sMac.bytes)
      #expect(keys.initialMACChainingValue.bytes == expected.initialMacChainingValue.bytes)
    }
  }

  @Test("SGP.22 §2.6.4.4: the segments of the trace are made, and opened, byte for byte") func segments() throws {
    let trace: Trace = try Vectors.load("bsp/trace.json")
    var channel: (sender: BSP.Sender, receiver: BSP.Receiver)?
    var compared = 0
    for operation in trace.operations {
      if let new = operation.newKeys {
        let keys = try BSP.SessionKeys(
          sENC: Secret(new.sEnc.bytes), sMAC: Secret(new.sMac.bytes),
          initialMACChainingValue: Secret(new.initialMacChainingValue.bytes))
        channel?.sender.replaceKeys(keys)
        channel?.receiver.replaceKeys(keys)
        channel = channel ?? (BSP.Sender(keys: keys), BSP.Receiver(keys: keys, segmentLimit: BSP.segmentLimit))
      } else if let text = operation.tag, let plain = operation.plain?.bytes, let protected = operation.protected?.bytes
      {
        let tag = try #require(UInt8(text.dropFirst(2), radix: 16).flatMap(BSP.Tag.init))
        #expect(try channel?.sender.protect(plain, as: tag) == [protected])
        #expect(try channel?.receiver.open(protected, as: tag) == plain)
        compared += 1
      }
    }
    #expect(compared == 5)
  }

  struct Session: Decodable {
    struct Call: Decodable {
      struct Response: Decodable { let boundProfilePackage: Data? }
      let response: Response
    }
    let oneTimePrivateKeyOfTheEuicc: [Hex]
    let calls: [Call]
  }

  @Test(
    "SGP.22 §5.5: a whole recorded package opens to the profile that was put into it, before and after PPK",
    arguments: [(Curve.p256, "nist"), (.brainpoolP256r1, "brainpool")])
  func session(curve: Curve, name: String) throws {
    let session: Session = try Vectors.load("sessions/es9plus-\(name).json")
    let package = try #require(session.calls.compactMap(\.response.boundProfilePackage).last)
    let parts = try TLVElement(Array(package)).children()
    try #require(parts.map(\.tag) == [0xBF23, 0xA0, 0xA1, 0xA2, 0xA3])

    let secure = try parts[0].children()
    let host = try #require(try secure.first { $0.tag == 0xA6 }?.children().first { $0.tag == 0x84 })
    let point = try #require(secure.first { $0.tag == 0x5F49 }).content
    let scalar = try #require(session.oneTimePrivateKeyOfTheEuicc.first).bytes
    let shared = try PrivateKey(curve, scalar: scalar).agree(with: PublicKey(curve, point: point))
    let keys = try BSP.SessionKeys(
      sharedSecret: shared, hostId: Array(host.content), eid: EID("89049032123451234512345678901235"))

    func open(_ part: Int, _ tag: BSP.Tag, _ receiver: inout BSP.Receiver) throws -> [UInt8] {
      try parts[part].children().flatMap { try receiver.open($0.encoded, as: tag) }
    }
    var receiver = BSP.Receiver(keys: keys)
    #expect(try TLVElement(open(1, .command, &receiver)).tag == 0xBF24)
    #expect(try TLVElement(open(2, .metadata, &receiver)).tag == 0xBF25)
    let replacement = try TLVElement(open(3, .command, &receiver))
    try #require(replacement.tag == 0xBF26)
    let values = try replacement.children().map { Secret(Array($0.content)) }
    try #require(values.count == 3)
    receiver.replaceKeys(
      try BSP.SessionKeys(sENC: values[1], sMAC: values[2], initialMACChainingValue: values[0]))
    let profile = try open(4, .profile, &receiver)
    #expect(try profile == TestProfiles.bytes("TS48v5_SAIP2.3_NoBERTLV.der"))
  }
}
