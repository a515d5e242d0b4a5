import Bytes
import Identifiers
import SecureMessages
import TLV

/// The user wants a provider's security domain on the card, or takes part in its handing over.
public struct AdmissionWish: LastingBody {
  // AdmissionWish ::= SEQUENCE { provider [0] Party, registration [APPLICATION 68] Registration }
  public static let messageType = "C.AdmissionWish"
  /// Whose domain.
  public let provider: Party
  /// RC with IRC.
  public let registration: Registration

  /// A wish.
  public init(provider: Party, registration: Registration) {
    (self.provider, self.registration) = (provider, registration)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (provider, registration) = (try reader.read(0x80), try reader.read())
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, provider)
    writer.write(registration)
  }
}

/// The issuer made a provider's security domain, and hands it over with its first keys: signed by the issuer, sealed to
/// the provider, who puts keys of its own in their place before it uses the domain.
public struct DomainHandover: LastingBody {
  // DomainHandover ::= SEQUENCE { card [0] CardName, domain [1] AID, way [2] AgreementWay, issuerDomain [3] AID,
  //   keys [4] OCTET STRING (SIZE(48)), mandated [5] AID OPTIONAL }
  public static let messageType = "C.DomainHandover"
  /// The version of the first keys.
  public static let firstKeyVersion: UInt8 = 0x31
  /// The version of the provider's own.
  public static let ownKeyVersion: UInt8 = 0x32

  /// The card.
  public let card: CardName
  /// The provider's security domain.
  public let domain: AID
  /// In which way content of it is agreed on.
  public let way: AgreementWay
  /// The issuer's security domain.
  public let issuerDomain: AID
  /// Key-ENC, Key-MAC and Key-DEK, 16 bytes each.
  public let keys: Secret
  /// The registrar's domain that verifies a DAP of all data on this card.
  public let mandated: AID?

  /// A handover.
  public init(
    card: CardName, domain: AID, way: AgreementWay, issuerDomain: AID, keys: Secret, mandated: AID?
  ) {
    (self.card, self.domain, self.way, self.issuerDomain) = (card, domain, way, issuerDomain)
    (self.keys, self.mandated) = (keys, mandated)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (card, domain, way) = (try reader.read(0xA0), try reader.read(0x81), try reader.read(0x82))
    (issuerDomain, keys) = (try reader.read(0x83), try reader.read(0x84))
    guard keys.bytes.count == 48 else { throw .invalid(0x84, "three keys of 16 bytes are wanted") }
    mandated = try reader.readIfPresent(0x85)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, card)
    writer.write(0x81, domain)
    writer.write(0x82, way)
    writer.write(0x83, issuerDomain)
    writer.write(0x84, keys)
    writer.write(0x85, mandated)
  }
}
