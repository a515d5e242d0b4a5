import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

// The messages of a registration between a device and the carrier's terminal (Figs 7 to 14), in the order in which they
// are sent. Each has a context tag of its own; what must be kept secret or believed is sealed and signed within.

/// Why a device comes to the carrier's terminal.
public enum Purpose: Int, TLVEnumeration, CaseIterable {
  /// A new subscriber (Figs 7, 8).
  case new = 1
  /// The personal information is made anew after a repair, in this unit (Figs 9, 10).
  case repair = 2
  /// The additional services change (Figs 11, 12).
  case services = 3
  /// The credit card number changes (Figs 13, 14).
  case creditCard = 4
}

/// The name of one registration at the carrier's terminal: 16 bytes.
public typealias RegistrationName = Challenge

/// Step (f): the registration start request, with RDM.
public struct RegistrationStart: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xA0
  /// RDM, from command 10.
  public let rdm: Challenge
  /// Whose RDM it is.
  public let certificate: Signed<ModuleCertificate>

  /// A start by the module that is certified.
  public init(rdm: Challenge, certificate: Signed<ModuleCertificate>) {
    (self.rdm, self.certificate) = (rdm, certificate)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (rdm, certificate) = (try reader.read(0x80), try reader.read(0xA1))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, rdm)
    writer.write(0xA1, certificate)
  }
}

/// Step (g): E(KD_C, RDM).
public struct RegistrationStarted: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xA1
  /// What this registration is called in later messages.
  public let name: RegistrationName
  /// The carrier's answer to RDM.
  public let answer: Signed<CarrierAnswer>

  /// The answer under a name.
  public init(name: RegistrationName, answer: Signed<CarrierAnswer>) { (self.name, self.answer) = (name, answer) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (name, answer) = (try reader.read(0x80), try reader.read(0xA1))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0xA1, answer)
  }
}

/// A request that is signed with the model's key, answers the carrier's last challenge and is sealed to the carrier.
public struct SealedRequest<Body: FreshBody & RegistrationRequestBody>: TLVMessage, TLVSequence {
  public static var tag: TLVTag { Body.requestTag }
  /// Which registration it belongs to.
  public let name: RegistrationName
  /// The request.
  public let sealed: Sealed<Signed<Body>>

  /// Seals what was signed.
  public init(name: RegistrationName, sealed: Sealed<Signed<Body>>) { (self.name, self.sealed) = (name, sealed) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (name, sealed) = (try reader.read(0x80), try reader.read(0xA1))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0xA1, sealed)
  }
}

/// What is asked in a ``SealedRequest``.
public protocol RegistrationRequestBody {
  /// The request's tag.
  static var requestTag: TLVTag { get }
}

/// Step (m): the telephone number request.
public struct NumberRequest: FreshBody, RegistrationRequestBody {
  // NumberRequest ::= SEQUENCE {
  //   purpose [0] Purpose, modelKey [1] OCTET STRING, presence [2] Signed, creditCard [3] UTF8String,
  //   services [4] SEQUENCE OF UTF8String, number [5] UTF8String OPTIONAL, challenge [6] Challenge,
  //   permit [7] PermitUse OPTIONAL }
  public static let messageType = "A.NumberRequest"
  public static let requestTag: TLVTag = 0xA2
  public let purpose: Purpose
  /// KE_MSN of the handset, or KE_A of the terminal that a card is in.
  public let modelKey: PublicKey
  /// That the module is here, over the same challenge.
  public let presence: Signed<ModulePresence>
  public let creditCard: CreditCardNumber
  /// The additional services wanted.
  public let services: [String]
  /// New: the number offered last, which was not wanted. Else: the number that the subscriber has.
  public let number: String?
  /// The device's own challenge, which the offer answers.
  public let challenge: Challenge
  /// For a card: by which permit it is written.
  public let permit: PermitUse?

  /// All fields.
  public init(
    purpose: Purpose, modelKey: PublicKey, presence: Signed<ModulePresence>, creditCard: CreditCardNumber,
    services: [String], number: String?, challenge: Challenge, permit: PermitUse? = nil
  ) {
    (self.purpose, self.modelKey, self.presence) = (purpose, modelKey, presence)
    (self.creditCard, self.services, self.number, self.challenge) = (creditCard, services, number, challenge)
    self.permit = permit
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (purpose, modelKey, presence) = (try reader.read(0x80), try reader.key(0x81), try reader.read(0xA2))
    (creditCard, services) = (try reader.read(0x83), try reader.texts(0xA4))
    number = try reader.readIfPresent(0x85)
    challenge = try reader.read(0x86)
    permit = try reader.readIfPresent(0xA7)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, purpose)
    writer.write(0x81, key: modelKey)
    writer.write(0xA2, presence)
    writer.write(0x83, creditCard)
    writer.write(0xA4, texts: services)
    writer.write(0x85, number)
    writer.write(0x86, challenge)
    writer.write(0xA7, permit)
  }
}

/// Step (o): E(KE_MSN, DN).
public struct NumberOffer: FreshBody, Hashable {
  // NumberOffer ::= SEQUENCE { number [0] UTF8String, challenge [1] Challenge }
  public static let messageType = "A.NumberOffer"
  /// DN.
  public let number: String
  /// What the next request answers.
  public let challenge: Challenge

  /// Offers `number`.
  public init(number: String, challenge: Challenge) { (self.number, self.challenge) = (number, challenge) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (number, challenge) = (try reader.text(0x80, limit: 32), try reader.read(0x81))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, number)
    writer.write(0x81, challenge)
  }
}

/// Step (o) on the line.
public struct NumberOffered: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xA3
  /// Signed by the carrier, sealed to the model.
  public let sealed: Sealed<Signed<NumberOffer>>

  /// An offer.
  public init(sealed: Sealed<Signed<NumberOffer>>) { self.sealed = sealed }
  public init(fields reader: inout TLVReader) throws(TLVError) { sealed = try reader.read(0xA0) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, sealed) }
}

/// Step (r): the personal information request with E(KE_C, DN).
public struct InformationRequest: FreshBody, RegistrationRequestBody {
  // InformationRequest ::= SEQUENCE { number [0] UTF8String }
  public static let messageType = "A.InformationRequest"
  public static let requestTag: TLVTag = 0xA4
  /// The number offered, which is wanted.
  public let number: String

  /// Takes `number`.
  public init(number: String) { self.number = number }
  public init(fields reader: inout TLVReader) throws(TLVError) { number = try reader.text(0x80, limit: 32) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, number) }
}

/// Step (t): E(KE, E(KD_C, ID)) and E(KD_C, KE_MSN).
public struct InformationDelivered: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xA5
  /// How many models one message brings at most; a card has room for as many.
  public static let approvalLimit = 32
  /// For command 6: the handset's or the terminal's own model; for a card all models that the carrier approves.
  public let approvals: [Signed<ModelApproval>]
  /// For command 8.
  public let information: Sealed<Signed<PersonalInformation>>

  /// Both.
  public init(approvals: [Signed<ModelApproval>], information: Sealed<Signed<PersonalInformation>>) {
    (self.approvals, self.information) = (approvals, information)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    var list = try reader.element(0xA0).reader()
    var approvals: [Signed<ModelApproval>] = []
    while !list.isAtEnd {
      guard approvals.count < Self.approvalLimit else { throw .invalid(0xA0, "there are too many approvals") }
      approvals.append(try list.read(.sequence))
    }
    (self.approvals, information) = (approvals, try reader.read(0xA1))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0) { writer in for approval in approvals { writer.write(.sequence, approval) } }
    writer.write(0xA1, information)
  }
}

/// After step (v): the module's receipt; only now the network takes the new ID, and the old one no more.
public struct ReceiptDelivery: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xA6
  /// What command 8 answered.
  public let receipt: Signed<WriteReceipt>

  /// Delivers it.
  public init(receipt: Signed<WriteReceipt>) { self.receipt = receipt }
  public init(fields reader: inout TLVReader) throws(TLVError) { receipt = try reader.read(0xA0) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, receipt) }
}

/// The carrier has the receipt.
public struct RegistrationCompleted: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xA7

  /// Nothing more is to be said.
  public init() {}
  public init(fields reader: inout TLVReader) throws(TLVError) {}
  public func encodeFields(to writer: inout TLVWriter) {}
}
