import GlobalPlatform
import Identifiers
import Keys
import SecureMessages
import TLV

/// IRC: the issuer registrar's word that PKI is the issuer's.
public struct IssuerRegistration: LastingBody, Hashable {
  // IssuerRegistration ::= SEQUENCE { issuer [0] Party, key [1] OCTET STRING }
  public static let messageType = "C.IssuerRegistration"
  /// The issuer with PKI.
  public let known: KnownParty

  /// Says that the key is the issuer's.
  public init(_ known: KnownParty) { self.known = known }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    known = KnownParty(try reader.read(0x80), key: try reader.readKey(0x81))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, known.party)
    writer.write(0x81, known.key.point)
  }
}

/// DPR: the data registrar's word that PKD is the provider's, and that the security domain's name is.
public struct ProviderRegistration: LastingBody, Hashable {
  // ProviderRegistration ::= SEQUENCE { provider [0] Party, key [1] OCTET STRING, domain [2] AID }
  public static let messageType = "C.ProviderRegistration"
  /// The provider with PKD.
  public let known: KnownParty
  /// The name that the provider's security domain bears on every card.
  public let domain: AID

  /// Says that key and name are the provider's.
  public init(_ known: KnownParty, domain: AID) { (self.known, self.domain) = (known, domain) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    known = KnownParty(try reader.read(0x80), key: try reader.readKey(0x81))
    domain = try reader.read(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, known.party)
    writer.write(0x81, known.key.point)
    writer.write(0x82, domain)
  }
}

/// What an issuer or a provider brings to its registrar: its key, and the proof that it has it.
public struct RegistrationApplication: LastingBody, Hashable {
  // RegistrationApplication ::= SEQUENCE { key [0] OCTET STRING, domain [1] AID OPTIONAL }
  public static let messageType = "C.RegistrationApplication"
  /// PKI or PKD.
  public let key: PublicKey
  /// The name that a provider wants for its security domain.
  public let domain: AID?

  /// An application; providers name a `domain`.
  public init(key: PublicKey, domain: AID? = nil) { (self.key, self.domain) = (key, domain) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (key, domain) = (try reader.readKey(0x80), try reader.readIfPresent(0x81))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, key.point)
    writer.write(0x81, domain)
  }
}

/// A provider's registration in both forms: DPR for parties, and as a certificate that cards verify.
public struct RegisteredProvider: TLVSequence, TLVMessage, Sendable {
  // RegisteredProvider ::= [APPLICATION 69] SEQUENCE { dpr Signed, certificate CardCertificate }
  public static let tag: TLVTag = 0x7F45
  /// DPR.
  public let dpr: Signed<ProviderRegistration>
  /// DPR for PERFORM SECURITY OPERATION.
  public let certificate: CardCertificate

  /// Both.
  public init(dpr: Signed<ProviderRegistration>, certificate: CardCertificate) {
    (self.dpr, self.certificate) = (dpr, certificate)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (dpr, certificate) = (try reader.read(), try reader.read())
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(dpr)
    writer.write(certificate)
  }
}
