import Identifiers
import Keys
import SecureMessages
import TLV

/// Steps 11 and 51: RI and UID, from the user apparatus to the issuing apparatus. The user's own key signs it; the issuer
/// meets the card itself over the secure channel that answers.
public struct RegistrationWish: LastingBody, Hashable {
  // RegistrationWish ::= SEQUENCE { card [0] CardName, userKey [1] OCTET STRING, user [2] UTF8String (SIZE(1..200)) }
  public static let messageType = "C.RegistrationWish"
  /// The card.
  public let card: CardName
  /// RI: the user's public key.
  public let userKey: PublicKey
  /// UID: who the user is, for the issuer alone.
  public let user: String

  /// RI and UID.
  public init(card: CardName, userKey: PublicKey, user: String) {
    (self.card, self.userKey, self.user) = (card, userKey, user)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    card = try reader.read(0xA0)
    userKey = try reader.readKey(0x81)
    user = try reader.readText(0x82, limit: 200)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, card)
    writer.write(0x81, userKey.point)
    writer.write(0x82, user)
  }
}

/// RC: the issuer's word that card and user's key belong together. It signs RI and UID; UID by a salted hash, so that
/// whoever is shown the certificate does not learn who the user is.
public struct RegistrationCertificate: LastingBody, Hashable {
  // RegistrationCertificate ::= SEQUENCE { card [0] CardName, userKey [1] OCTET STRING, user [2] OCTET STRING,
  //   issuerDomain [3] AID }
  public static let messageType = "C.RegistrationCertificate"
  /// Where the card keeps it: the object of this tag in the issuer security domain, for GET DATA.
  public static let objectTag: TLVTag = 0xDF21

  /// The card.
  public let card: CardName
  /// RI: the user's public key.
  public let userKey: PublicKey
  /// UID under a hash that only the issuer can repeat.
  public let user: [UInt8]
  /// The issuer security domain.
  public let issuerDomain: AID

  /// All of it.
  public init(card: CardName, userKey: PublicKey, user: [UInt8], issuerDomain: AID) {
    (self.card, self.userKey, self.user, self.issuerDomain) = (card, userKey, user, issuerDomain)
  }

  /// The user with the certified key.
  public var knownUser: KnownParty { KnownParty(card.user, key: userKey) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    card = try reader.read(0xA0)
    userKey = try reader.readKey(0x81)
    (user, issuerDomain) = (try reader.read(0x82), try reader.read(0x83))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, card)
    writer.write(0x81, userKey.point)
    writer.write(0x82, user)
    writer.write(0x83, issuerDomain)
  }
}

/// RC with the IRC that it is verified by: what a card shows to parties that do not know its issuer (51, 52).
public struct Registration: TLVSequence, TLVMessage, Hashable {
  // Registration ::= SEQUENCE { rc Signed, irc Signed }
  public static let tag: TLVTag = 0x7F44
  /// RC.
  public let rc: Signed<RegistrationCertificate>
  /// IRC.
  public let irc: Signed<IssuerRegistration>

  /// Both.
  public init(rc: Signed<RegistrationCertificate>, irc: Signed<IssuerRegistration>) { (self.rc, self.irc) = (rc, irc) }

  /// What RC says, if an issuer said it whom `registrar` registered, and both hold at `now`.
  public func verified(by registrar: KnownParty, at now: Instant) throws(SecureMessageError)
    -> (issuer: KnownParty, rc: RegistrationCertificate)
  {
    let issuer = try irc.verified(from: registrar, at: now).known
    return (issuer, try rc.verified(from: issuer, at: now))
  }

  public init(fields reader: inout TLVReader) throws(TLVError) { (rc, irc) = (try reader.read(), try reader.read()) }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(rc)
    writer.write(irc)
  }

  public static func == (a: Registration, b: Registration) -> Bool { a.encoded == b.encoded }
  public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }
}
