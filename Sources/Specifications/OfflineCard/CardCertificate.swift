import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

/// SA2: the issuer's signature of the setting number. It covers a salted hash, and the salt stays in the card: who reads
/// the signature learns nothing of Ns.
public struct SettingNumberSignature: LastingBody, Hashable {
  // SettingNumberSignature ::= SEQUENCE { digest [0] OCTET STRING (SIZE (32)) }
  public static let messageType = "B.SettingNumberSignature"
  /// SHA-256 over salt and digits.
  public let digest: [UInt8]

  /// What is signed of `number`.
  public init(_ number: SettingNumber, salt: Secret) { digest = Self.digest(number, salt) }

  /// Whether this is the signature of `number`; only who has the salt can tell.
  public func covers(_ number: SettingNumber, salt: Secret) -> Bool {
    equalInConstantTime(digest, Self.digest(number, salt))
  }

  private static func digest(_ number: SettingNumber, _ salt: Secret) -> [UInt8] {
    sha256(salt.bytes + number.digits.bytes)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    digest = try reader.read(0x80)
    guard digest.count == 32 else { throw .invalid(0x80, "a digest has 32 bytes") }
  }

  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, digest) }
}

/// SA1 and SA(IDU) in one statement of the issuer's: it binds registration number, card number, the card's key, SA2 and
/// how far the card goes off line. Its term is the card's: the expiry date.
public struct CardCertificate: LastingBody {
  // CardCertificate ::= SEQUENCE { cardNumber [0], registrationNumber [1], cardKey [2] OCTET STRING,
  //   limits [3] OfflineLimits, dieOfMisuse [4] BOOLEAN, settingNumberSignature Signed }
  public static let messageType = "B.CardCertificate"
  /// IDU.
  public let card: CardNumber
  /// Nt.
  public let registration: RegistrationNumber
  /// nU.
  public let key: PublicKey
  public let limits: OfflineLimits
  /// Whether three wrong registration or setting numbers make the card unusable for good (paragraph 0013).
  public let diesOfMisuse: Bool
  /// SA2.
  public let settingNumberSignature: Signed<SettingNumberSignature>

  /// All fields.
  public init(
    card: CardNumber, registration: RegistrationNumber, key: PublicKey, limits: OfflineLimits, diesOfMisuse: Bool,
    settingNumberSignature: Signed<SettingNumberSignature>
  ) {
    (self.card, self.registration, self.key, self.limits) = (card, registration, key, limits)
    (self.diesOfMisuse, self.settingNumberSignature) = (diesOfMisuse, settingNumberSignature)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    card = try reader.read(0x80)
    registration = try reader.read(0x81)
    key = try reader.readKey(0x82)
    limits = try reader.read(0xA3)
    diesOfMisuse = try reader.read(0x84)
    settingNumberSignature = try reader.read()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, card)
    writer.write(0x81, registration)
    writer.write(0x82, key.point)
    writer.write(0xA3, limits)
    writer.write(0x84, diesOfMisuse)
    writer.write(settingNumberSignature)
  }
}

extension Signed<CardCertificate> {
  /// The certificate, if the issuer signed it and the SA2 in it, for this card, and both hold at `now`.
  public func verified(in scheme: Scheme, at now: Instant) throws(SecureMessageError) -> CardCertificate {
    let certificate = try verified(from: scheme.issuer, at: now)
    guard let card = try? certificate.card.party else { throw .malformed }
    _ = try certificate.settingNumberSignature.verified(from: scheme.issuer, to: card, at: now)
    return certificate
  }
}
