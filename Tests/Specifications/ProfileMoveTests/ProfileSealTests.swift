import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ProfileMove
import TLV
import TestSupport
import Testing

@Suite("D, Fig. 3: the provider's signature in a profile") struct ProfileSealTests {
  private let iccid: ICCID
  private let eid: EID
  private let imsi: IMSI
  private let key = Secret([UInt8](repeating: 0x4B, count: 16))

  init() throws {
    iccid = try ICCID("89882110000000000018")
    eid = try EID(prefix: "890490320000000000000000000001")
    imsi = try IMSI("001010123456789")
  }

  private func identity(_ form: SealedIdentity.Form = .whole) -> SealedIdentity {
    SealedIdentity(form, iccid: iccid, eid: eid, imsi: imsi, key: key)
  }

  @Test("formulas 1 to 3: each form describes what it covers, and nothing else counts") func forms() throws {
    let (otherEID, otherIMSI) = (try EID(prefix: "890490320000000000000000000002"), try IMSI("001010123456780"))
    let otherKey = Secret([UInt8](repeating: 0x4C, count: 16))
    for rawValue in 1...7 {
      let form = SealedIdentity.Form(rawValue: rawValue)
      let identity = identity(form)
      #expect(identity.describes(iccid: iccid, eid: eid, imsi: imsi, key: key))
      #expect(identity.describes(iccid: iccid, eid: otherEID, imsi: imsi, key: key) == !form.contains(.secureElement))
      #expect(identity.describes(iccid: iccid, eid: eid, imsi: otherIMSI, key: key) == !form.contains(.imsi))
      #expect(identity.describes(iccid: iccid, eid: eid, imsi: nil, key: key) == !form.contains(.imsi))
      #expect(identity.describes(iccid: iccid, eid: eid, imsi: imsi, key: otherKey) == !form.contains(.key))
      #expect(identity.describes(iccid: iccid, eid: eid, imsi: imsi, key: nil) == !form.contains(.key))
      #expect(try !identity.describes(iccid: ICCID("89882110000000000026"), eid: eid, imsi: imsi, key: key))
    }
  }

  @Test("K itself is not in it, and one K in two profiles does not show") func digest() throws {
    let other = SealedIdentity(.key, iccid: try ICCID("89882110000000000026"), eid: nil, imsi: nil, key: key)
    #expect(identity(.key).keyDigest != other.keyDigest)
    var writer = TLVWriter()
    identity().encodeFields(to: &writer)
    #expect(!writer.bytes.hex.contains(key.bytes.hex))
  }

  @Test("a seal says what its provider signed, and no byte of it can be changed or left out") func seal() throws {
    let circle = try TestCircle()
    let provider = try circle.issue(.dpProfileBinding(circle.oid))
    let seal = try ProfileSeal(
      identity(), certificate: provider.certificate, oid: circle.oid, key: provider.key, now: TestCircle.start,
      random: circle.random)
    let verified = try Circle(roots: [circle.root.certificate]).verify(
      [provider.certificate], as: .dpProfileBinding, at: TestCircle.start)
    let read = try ProfileSeal(encoded: seal.encoded)
    #expect(read.claimedTime == TestCircle.start)
    #expect(try read.verified(by: verified) == identity())
    let bytes = seal.encoded
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x01
      #expect((try? ProfileSeal(encoded: changed).verified(by: verified)) ?? nil == nil, "byte \(index)")
      #expect(throws: TLVError.self) { try ProfileSeal(encoded: bytes.prefix(index)) }
    }
  }
}
