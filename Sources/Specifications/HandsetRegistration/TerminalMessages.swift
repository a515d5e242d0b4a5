import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

// The messages between an IC-card registration terminal and the carrier's terminal (Figs 29, 30, 32 to 44), beside those
// that handsets send too.

/// Fig. 30 (k): the registration terminal asks for its own ID: KE_A and the dealer number, both sealed to the carrier.
public struct TerminalRequest: FreshBody, RegistrationRequestBody {
  // TerminalRequest ::= SEQUENCE { modelKey [0] OCTET STRING, presence [1] Signed, dealer [2] UTF8String }
  public static let messageType = "A.TerminalRequest"
  public static let requestTag: TLVTag = 0xA8
  /// KE_A.
  public let modelKey: PublicKey
  /// That the terminal's module is here.
  public let presence: Signed<ModulePresence>
  /// The number of the dealer where the terminal stands, at most 64 bytes.
  public let dealer: String

  /// All fields.
  public init(modelKey: PublicKey, presence: Signed<ModulePresence>, dealer: String) {
    (self.modelKey, self.presence, self.dealer) = (modelKey, presence, dealer)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (modelKey, presence) = (try reader.key(0x80), try reader.read(0xA1))
    dealer = try reader.text(0x82, limit: 64)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, key: modelKey)
    writer.write(0xA1, presence)
    writer.write(0x82, dealer)
  }
}

/// Fig. 32 (h): KE_A and ID_A, both sealed to the carrier; ID_A's key does not leave the module, but proves itself.
public struct PermitRequest: FreshBody, RegistrationRequestBody {
  // PermitRequest ::= SEQUENCE {
  //   modelKey [0] OCTET STRING, presence [1] Signed, information [2] PublicInformation,
  //   proof [3] OCTET STRING (SIZE (32)), challenge [4] Challenge }
  public static let messageType = "A.PermitRequest"
  public static let requestTag: TLVTag = 0xA9
  /// KE_A.
  public let modelKey: PublicKey
  /// That the terminal's module is here.
  public let presence: Signed<ModulePresence>
  /// ID_A as command 9 read it.
  public let information: PublicInformation
  /// What ID_A's key makes of the carrier's challenge; see ``AuthenticationKeys/terminalProof(for:answering:)``.
  public let proof: [UInt8]
  /// The terminal's own challenge, which the permit answers.
  public let challenge: Challenge

  /// All fields.
  public init(
    modelKey: PublicKey, presence: Signed<ModulePresence>, information: PublicInformation, proof: [UInt8],
    challenge: Challenge
  ) {
    (self.modelKey, self.presence, self.information) = (modelKey, presence, information)
    (self.proof, self.challenge) = (proof, challenge)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (modelKey, presence, information) = (try reader.key(0x80), try reader.read(0xA1), try reader.read(0xA2))
    (proof, challenge) = (try reader.read(0x83), try reader.read(0x84))
    guard proof.count == 32 else { throw .invalid(0x83, "a proof has 32 bytes") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, key: modelKey)
    writer.write(0xA1, presence)
    writer.write(0xA2, information)
    writer.write(0x83, proof)
    writer.write(0x84, challenge)
  }
}

/// Fig. 32 (i): the write permit: one card may be worked on.
public struct WritePermit: FreshBody, Hashable {
  // WritePermit ::= SEQUENCE { name [0] Challenge, until [1] INTEGER }
  public static let messageType = "A.WritePermit"
  /// What the permit is called when it is used.
  public let name: RegistrationName
  /// Until when it may be used, by the carrier's clock.
  public let until: Instant

  /// A permit.
  public init(name: RegistrationName, until: Instant) {
    (self.name, self.until) = (name, Instant(seconds: until.seconds))
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (name, until) = (try reader.read(0x80), try reader.readTime(0x81))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0x81, Int(until.seconds))
  }
}

/// Fig. 32 (i) on the line.
public struct PermitGranted: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xAA
  /// Signed by the carrier, sealed to the terminal's model.
  public let sealed: Sealed<Signed<WritePermit>>

  /// A permit.
  public init(sealed: Sealed<Signed<WritePermit>>) { self.sealed = sealed }
  public init(fields reader: inout TLVReader) throws(TLVError) { sealed = try reader.read(0xA0) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, sealed) }
}

/// A request about a card says by which permit, and shows that the terminal's own module is here: a model's key is in every
/// terminal of the model, and a permit is one terminal's.
public struct PermitUse: TLVSequence, Sendable {
  // PermitUse ::= SEQUENCE { permit [0] Challenge, presence [1] Signed }
  /// The permit's name.
  public let permit: RegistrationName
  /// The terminal's module, in answer to the challenge of the card's registration.
  public let presence: Signed<ModulePresence>

  /// Uses a permit.
  public init(permit: RegistrationName, presence: Signed<ModulePresence>) {
    (self.permit, self.presence) = (permit, presence)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (permit, presence) = (try reader.read(0x80), try reader.read(0xA1))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, permit)
    writer.write(0xA1, presence)
  }
}

/// Fig. 33 (*): a card has no carrier's key; the password of its lot is wanted, sealed to a key for this once.
public struct PasswordRequest: FreshBody, RegistrationRequestBody {
  // PasswordRequest ::= SEQUENCE {
  //   modelKey [0] OCTET STRING, permit [1] PermitUse, key [2] OCTET STRING, challenge [3] Challenge }
  public static let messageType = "A.PasswordRequest"
  public static let requestTag: TLVTag = 0xAB
  /// KE_A.
  public let modelKey: PublicKey
  public let permit: PermitUse
  /// The key to seal to. KD_A would not do: every terminal of the model has it.
  public let key: PublicKey
  /// The terminal's own challenge, which the answer answers.
  public let challenge: Challenge

  /// All fields.
  public init(modelKey: PublicKey, permit: PermitUse, key: PublicKey, challenge: Challenge) {
    (self.modelKey, self.permit, self.key, self.challenge) = (modelKey, permit, key, challenge)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (modelKey, permit) = (try reader.key(0x80), try reader.read(0xA1))
    (key, challenge) = (try reader.key(0x82), try reader.read(0x83))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, key: modelKey)
    writer.write(0xA1, permit)
    writer.write(0x82, key: key)
    writer.write(0x83, challenge)
  }
}

/// PWD of a card's lot.
public struct LotPassword: FreshBody {
  // LotPassword ::= SEQUENCE { password [0] OCTET STRING }
  public static let messageType = "A.LotPassword"
  /// For command 1.
  public let password: Secret

  /// Tells it.
  public init(password: Secret) { self.password = password }
  public init(fields reader: inout TLVReader) throws(TLVError) { password = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, password) }
}

/// PWD on the line.
public struct PasswordDelivered: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xAC
  /// Signed by the carrier, sealed to the key of the request.
  public let sealed: Sealed<Signed<LotPassword>>

  /// A password.
  public init(sealed: Sealed<Signed<LotPassword>>) { self.sealed = sealed }
  public init(fields reader: inout TLVReader) throws(TLVError) { sealed = try reader.read(0xA0) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, sealed) }
}

/// For command 7: a model is to be erased from a card.
public struct ErasureRequest: FreshBody, RegistrationRequestBody {
  // ErasureRequest ::= SEQUENCE { modelKey [0] OCTET STRING, permit [1] PermitUse, model [2] UTF8String }
  public static let messageType = "A.ErasureRequest"
  public static let requestTag: TLVTag = 0xAD
  /// KE_A.
  public let modelKey: PublicKey
  public let permit: PermitUse
  /// The model's name in the carrier's list, at most 64 bytes.
  public let model: String

  /// All fields.
  public init(modelKey: PublicKey, permit: PermitUse, model: String) {
    (self.modelKey, self.permit, self.model) = (modelKey, permit, model)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (modelKey, permit, model) = (try reader.key(0x80), try reader.read(0xA1), try reader.text(0x82, limit: 64))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, key: modelKey)
    writer.write(0xA1, permit)
    writer.write(0x82, model)
  }
}

/// What command 7 takes, in answer to the card's RDM.
public struct ErasureDelivered: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xAE
  /// For command 7.
  public let withdrawal: Signed<ModelWithdrawal>

  /// A withdrawal.
  public init(withdrawal: Signed<ModelWithdrawal>) { self.withdrawal = withdrawal }
  public init(fields reader: inout TLVReader) throws(TLVError) { withdrawal = try reader.read(0xA0) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, withdrawal) }
}

extension AuthenticationKeys {
  /// What ID_A's authentication key makes of a carrier's challenge: HMAC-SHA-256 over purpose, carrier and challenge, under
  /// both keys. A terminal whose ID_A the carrier did not write cannot make it.
  public func terminalProof(for carrier: Party, answering challenge: Challenge) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(.sequence) { writer in
      writer.write(.utf8String, "A.TerminalProof")
      writer.write(0x80, carrier)
      writer.write(0x81, challenge)
    }
    return hmacSHA256(writer.bytes, key: Secret(msnKey.bytes + msiKey.bytes))
  }
}
