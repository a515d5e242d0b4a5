import APDU
import Identifiers
import SecureMessages
import TLV

// What handset and off-line dealer's terminal say to each other, beside RegistrationStart, ReceiptDelivery and
// RegistrationCompleted, and what the terminal says to the carrier's module in it.

/// A number out of the batch, instead of the carrier's answer to RDM.
public struct OfflineOffer: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xB0
  /// The ID's name.
  public let name: RegistrationName
  public let number: String
  /// E(KD_C, KE_B).
  public let certificate: Signed<BatchKey>
  /// E(KD_C, KE_MSN) of all approved models: the handset finds its own, and the carrier's key by command 11 with it.
  public let approvals: [Signed<ModelApproval>]

  /// All fields.
  public init(
    name: RegistrationName, number: String, certificate: Signed<BatchKey>, approvals: [Signed<ModelApproval>]
  ) {
    (self.name, self.number, self.certificate, self.approvals) = (name, number, certificate, approvals)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (name, number, certificate) = (try reader.read(0x80), try reader.text(0x81, limit: 32), try reader.read(0xA2))
    approvals = try reader.list(0xA3, limit: InformationDelivered.approvalLimit) { (item) throws(TLVError) in
      try item.read(.sequence)
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0x81, number)
    writer.write(0xA2, certificate)
    writer.write(0xA3) { writer in for approval in approvals { writer.write(.sequence, approval) } }
  }
}

/// The number offered is not wanted: another.
public struct OfflineRefusal: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xB1
  /// The ID that is not wanted.
  public let name: RegistrationName

  /// Does not want it.
  public init(name: RegistrationName) { self.name = name }
  public init(fields reader: inout TLVReader) throws(TLVError) { name = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, name) }
}

/// The ID is wanted for a module, in answer to its RDM: what the carrier's module signs, once for each ID.
public struct OfflineRequest: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xB2
  public let name: RegistrationName
  public let rdm: Challenge
  public let certificate: Signed<ModuleCertificate>
  public let services: [String]
  public let application: Sealed<Signed<OfflineApplication>>

  /// All fields.
  public init(
    name: RegistrationName, rdm: Challenge, certificate: Signed<ModuleCertificate>, services: [String],
    application: Sealed<Signed<OfflineApplication>>
  ) {
    (self.name, self.rdm, self.certificate) = (name, rdm, certificate)
    (self.services, self.application) = (services, application)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (name, rdm, certificate) = (try reader.read(0x80), try reader.read(0x81), try reader.read(0xA2))
    (services, application) = (try reader.texts(0xA3), try reader.read(0xA4))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0x81, rdm)
    writer.write(0xA2, certificate)
    writer.write(0xA3, texts: services)
    writer.write(0xA4, application)
  }
}

/// The ID, signed with the batch's key and sealed to the module.
public struct OfflineDelivered: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xB3
  public let information: Sealed<Signed<PersonalInformation>>

  /// Delivers it.
  public init(information: Sealed<Signed<PersonalInformation>>) { self.information = information }
  public init(fields reader: inout TLVReader) throws(TLVError) { information = try reader.read(0xA0) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, information) }
}

/// The commands of the carrier's module in an off-line dealer's terminal. Each is a proprietary command (CLA 80).
public enum BatchCommand: UInt8, Sendable, CaseIterable {
  /// A challenge for the carrier, 16 bytes; good for one ``load``.
  case challenge = 0x60
  /// Takes a batch in: Sealed Signed BatchSupply. The last one has to be closed.
  case load = 0x62
  /// The unused IDs from number P1 on: an OfflineOffer; 6A83 where there are no more.
  case offer = 0x64
  /// Signs an ID for a module, once: OfflineRequest; OfflineDelivered.
  case sign = 0x66
  /// Notes a module's receipt.
  case receipt = 0x68
  /// Entry P1 of the log, from 0, for the carrier's challenge in the data field: Signed BatchEntry. P2 01 closes the batch
  /// before.
  case log = 0x6A

  /// The command with its parameters and data; answers come whole through GET RESPONSE.
  public func command(p1: UInt8 = 0, p2: UInt8 = 0, data: [UInt8] = []) -> Command {
    Command(cla: 0x80, ins: rawValue, p1: p1, p2: p2, data: data)
  }
}

extension AID {
  /// The carrier's module with batches: an identifier of our own (ISO/IEC 7816-4 §8.2.1.2, category F: not registered).
  public static let batchModule = AID(literal: "F053494D555247480B")
}
