import CircleOfTrust
import Identifiers
import SGP22
import TLV

/// What a card is given when it is made and never changes, as its memory keeps it.
struct Constants: TLVMessage, TLVSequence {
  let eid: EID
  let roots: [Certificate]
  let rootDsAddress: String
  let rat: RulesAuthorisationTable
  let info: EUICCInfo2
  let acceptsTestProfiles: Bool
  /// What the card shows while no profile is enabled: the number of its area.
  let baseArea: Int?

  static let tag = TLVTag.sequence

  init(_ personalisation: Personalisation, baseArea: UInt16?) {
    eid = personalisation.eid
    roots = personalisation.roots
    rootDsAddress = personalisation.rootDsAddress
    rat = personalisation.rat
    var info = personalisation.info
    info.euiccCiPKIdListForVerification = personalisation.roots.compactMap(\.subjectKeyIdentifier)
    info.euiccCiPKIdListForSigning = personalisation.identities.map(\.ciPKId)
    info.forbiddenProfilePolicyRules = personalisation.forbiddenProfilePolicyRules
    self.info = info
    acceptsTestProfiles = personalisation.acceptsTestProfiles
    self.baseArea = baseArea.map { Int($0) }
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    eid = try reader.read(0x5A)
    roots = try reader.read(0xA1)
    rootDsAddress = try reader.read(0x82)
    rat = try reader.read(0xA3)
    info = try reader.read()
    acceptsTestProfiles = try reader.read(0x84)
    baseArea = try reader.readIfPresent(0x85)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x5A, eid)
    writer.write(0xA1, roots)
    writer.write(0x82, rootDsAddress)
    writer.write(0xA3, rat)
    writer.write(info)
    writer.write(0x84, acceptsTestProfiles)
    writer.write(0x85, baseArea)
  }
}

/// One identity as the card's memory keeps it.
struct IdentityRecord: TLVMessage, TLVSequence {
  let ciPKId: KeyIdentifier
  let key: WrappedKey
  let euiccCertificate: Certificate
  let eumCertificate: Certificate

  static let tag = TLVTag.sequence

  init(ciPKId: KeyIdentifier, key: WrappedKey, euiccCertificate: Certificate, eumCertificate: Certificate) {
    (self.ciPKId, self.key) = (ciPKId, key)
    (self.euiccCertificate, self.eumCertificate) = (euiccCertificate, eumCertificate)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    ciPKId = try reader.read()
    key = try reader.read(0xA0)
    euiccCertificate = try reader.read()
    eumCertificate = try reader.read()
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(ciPKId)
    writer.write(0xA0, key)
    writer.write(euiccCertificate)
    writer.write(eumCertificate)
  }
}
