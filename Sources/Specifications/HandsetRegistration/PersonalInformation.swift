import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

/// The part of an ID that a device may know.
public struct PublicInformation: TLVSequence, Hashable {
  // PublicInformation ::= SEQUENCE {
  //   number [0] UTF8String, imsi [1] UTF8String OPTIONAL, msi [2] OCTET STRING (SIZE (8)),
  //   pattern [3] OCTET STRING (SIZE (8)), services [4] SEQUENCE OF UTF8String }
  /// MSN: the telephone number, in international form; in a terminal's ID_A the dealer number.
  public let number: String
  /// Under which the network knows the subscriber; nil in a terminal's ID_A.
  public let imsi: IMSI?
  /// MSI: the unit, which is the module.
  public let msi: ModuleNumber
  /// The carrier's fixed pattern, 8 bytes: shows a device that what it read is an ID.
  public let pattern: [UInt8]
  /// The services that the subscriber has.
  public let services: [String]

  /// All fields.
  public init(number: String, imsi: IMSI?, msi: ModuleNumber, pattern: [UInt8], services: [String]) {
    (self.number, self.imsi, self.msi, self.pattern, self.services) = (number, imsi, msi, pattern, services)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    number = try reader.text(0x80, limit: 32)
    imsi = try reader.imsiIfPresent(0x81)
    msi = try reader.read(0x82)
    pattern = try reader.read(0x83)
    guard pattern.count == 8 else { throw .invalid(0x83, "a fixed pattern has 8 bytes") }
    services = try reader.texts(0xA4)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, number)
    writer.write(0x81, imsi?.digits)
    writer.write(0x82, msi)
    writer.write(0x83, pattern)
    writer.write(0xA4, texts: services)
  }
}

/// The two keys of an ID: they come sealed, and never leave the module.
public struct AuthenticationKeys: TLVSequence, Hashable {
  // AuthenticationKeys ::= SEQUENCE { msnKey [0] OCTET STRING (SIZE (16)), msiKey [1] OCTET STRING (SIZE (16)) }
  /// MSN-key, by which the network authenticates the subscriber: K of Milenage.
  public let msnKey: Secret
  /// MSI-key, by which it authenticates the unit: OPc of Milenage. One without the other answers no challenge.
  public let msiKey: Secret

  /// New keys.
  public init(random: any RandomSource) { (msnKey, msiKey) = (Secret(random.bytes(16)), Secret(random.bytes(16))) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (msnKey, msiKey) = (try reader.read(0x80), try reader.read(0x81))
    guard msnKey.bytes.count == 16, msiKey.bytes.count == 16 else { throw .invalid(0x80, "a key has 16 bytes") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, msnKey)
    writer.write(0x81, msiKey)
  }

  /// The algorithm with both keys in it.
  public func makeAlgorithm() throws(KeyError) -> any AuthenticationAlgorithm { try Milenage(k: msnKey, opc: msiKey) }
}

/// Command 8: an ID for one module, in answer to its RDM; signed by the carrier and sealed to the module.
public struct PersonalInformation: FreshBody, Hashable {
  // PersonalInformation ::= SEQUENCE {
  //   information [0] PublicInformation, keys [1] AuthenticationKeys, moduleKey [2] OCTET STRING,
  //   receiptChallenge [3] Challenge }
  public static let messageType = "A.PersonalInformation"
  /// What a device may know of the ID.
  public let information: PublicInformation
  /// What it may not.
  public let keys: AuthenticationKeys
  /// KE of the module that the ID is for.
  public let moduleKey: PublicKey
  /// What the module's receipt answers.
  public let receiptChallenge: Challenge

  /// All fields.
  public init(
    information: PublicInformation, keys: AuthenticationKeys, moduleKey: PublicKey, receiptChallenge: Challenge
  ) {
    (self.information, self.keys) = (information, keys)
    (self.moduleKey, self.receiptChallenge) = (moduleKey, receiptChallenge)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (information, keys) = (try reader.read(0xA0), try reader.read(0xA1))
    (moduleKey, receiptChallenge) = (try reader.key(0x82), try reader.read(0x83))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, information)
    writer.write(0xA1, keys)
    writer.write(0x82, key: moduleKey)
    writer.write(0x83, receiptChallenge)
  }
}

/// Command 9's answer: what a device may know of the ID, signed by the module and sealed to the device's model's key.
public struct IDReading: FreshBody {
  // IDReading ::= SEQUENCE { information [0] PublicInformation, receipt [1] Signed }
  public static let messageType = "A.IDReading"
  /// The ID without its keys.
  public let information: PublicInformation
  /// The receipt that command 8 gave: the carrier may not have got it.
  public let receipt: Signed<WriteReceipt>

  /// Both.
  public init(information: PublicInformation, receipt: Signed<WriteReceipt>) {
    (self.information, self.receipt) = (information, receipt)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (information, receipt) = (try reader.read(0xA0), try reader.read(0xA1))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, information)
    writer.write(0xA1, receipt)
  }
}
