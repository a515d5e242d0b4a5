import CircleOfTrust
import Identifiers
import SGP22
import SecureElement
import TLV

/// An ISD-P with what is told about its profile, as the card's memory keeps it. Files and secrets are in `area`.
struct InstalledProfile: TLVMessage, TLVSequence {
  /// Numbers of ISD-Ps, part of their identifiers.
  static let firstNumber = 0x0010
  static let lastNumber = 0xFFFF

  let number: Int
  /// Where its file system stands.
  let area: MemoryArea
  var state: ProfileState
  var nickname: String?
  let metadata: StoreMetadataRequest
  let dpProprietaryData: DpProprietaryData?
  /// The identity under which it was downloaded: its notifications are signed under the same.
  let ciPKId: KeyIdentifier
  /// The provider's seal (system D, Fig. 3), asked at each selection.
  let seal: [UInt8]?

  static let tag = TLVTag.sequence

  init(
    number: Int, area: MemoryArea, metadata: StoreMetadataRequest, dpProprietaryData: DpProprietaryData?,
    ciPKId: KeyIdentifier, seal: [UInt8]?
  ) {
    (self.number, self.area, state) = (number, area, .disabled)
    (self.metadata, self.dpProprietaryData, self.ciPKId) = (metadata, dpProprietaryData, ciPKId)
    self.seal = seal
  }

  /// SGP.22 §2.2.3: ISD-P AIDs have the prefix of the ISD-R's and differ in their last bytes.
  static func aid(number: Int) -> AID? {
    let number = UInt16(truncatingIfNeeded: number)
    return try? AID(AID.isdpPrefix + [0x00, UInt8(number >> 8), UInt8(number & 0xFF), 0x00])
  }

  var aid: AID? { Self.aid(number: number) }
  var iccid: ICCID { metadata.iccid }
  var profileClass: ProfileClass { metadata.profileClass ?? .operational }

  /// Whether the profile has `rule`.
  func has(_ rule: ProfilePolicyRule) -> Bool { metadata.profilePolicyRules?.contains(rule) ?? false }

  init(fields reader: inout TLVReader) throws(TLVError) {
    number = try reader.read(0x80)
    guard (Self.firstNumber...Self.lastNumber).contains(number),
      let area = UInt16(exactly: try reader.read(0x81, as: Int.self))
    else { throw .invalid(0x81, "the number is out of range") }
    self.area = MemoryArea(rawValue: area)
    state = try reader.read(0x82)
    nickname = try reader.readIfPresent(0x83)
    metadata = try reader.read()
    dpProprietaryData = try reader.readIfPresent(0xB8)
    ciPKId = try reader.read()
    seal = try reader.readIfPresent(0x84)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, number)
    writer.write(0x81, Int(area.rawValue))
    writer.write(0x82, state)
    writer.write(0x83, nickname)
    writer.write(metadata)
    writer.write(0xB8, dpProprietaryData)
    writer.write(ciPKId)
    writer.write(0x84, seal)
  }
}

extension AID {
  /// SGP.22 §2.2.3: the ISD-R.
  public static let isdr = AID(literal: "A0000005591010FFFFFFFF8900000100")
  /// SGP.22 §2.2.3: the ECASD.
  public static let ecasd = AID(literal: "A0000005591010FFFFFFFF8900000200")
  /// What the AIDs of the ISD-R and all ISD-Ps begin with.
  static let isdpPrefix = Array(isdr.bytes.prefix(12))
}
