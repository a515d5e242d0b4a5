import Identifiers
import Keys
import SecureMessages
import TLV

/// The card's first word (X of Figs 6 and 7): it names nobody.
public struct OpeningChallenge: TLVMessage, TLVSequence, Hashable {
  // OpeningChallenge ::= [APPLICATION 1] SEQUENCE { x [0] Challenge, cardAgreementKey [1] OCTET STRING }
  public static let tag: TLVTag = 0x61
  /// X.
  public let x: Challenge
  /// The card's key for this agreement alone.
  public let agreementKey: PublicKey

  /// Both fields.
  public init(x: Challenge, agreementKey: PublicKey) { (self.x, self.agreementKey) = (x, agreementKey) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    x = try reader.read(0x80)
    agreementKey = try reader.readKey(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, x)
    writer.write(0x81, agreementKey.point)
  }
}

/// What a terminal signs to the card that gave X: it is authenticated before the card says who it is.
public struct TerminalAuthentication: FreshBody, Hashable {
  // TerminalAuthentication ::= SEQUENCE { r [0] Challenge, cardAgreementKey [1] OCTET STRING,
  //   terminalAgreementKey [2] OCTET STRING }
  public static let messageType = "B.TerminalAuthentication"
  /// R.
  public let r: Challenge
  public let cardAgreementKey: PublicKey
  public let terminalAgreementKey: PublicKey

  /// All fields.
  public init(r: Challenge, cardAgreementKey: PublicKey, terminalAgreementKey: PublicKey) {
    (self.r, self.cardAgreementKey, self.terminalAgreementKey) = (r, cardAgreementKey, terminalAgreementKey)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    r = try reader.read(0x80)
    cardAgreementKey = try reader.readKey(0x81)
    terminalAgreementKey = try reader.readKey(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, r)
    writer.write(0x81, cardAgreementKey.point)
    writer.write(0x82, terminalAgreementKey.point)
  }
}

/// The terminal's answer to the card's challenge.
public struct TerminalHello: TLVMessage, TLVSequence {
  // TerminalHello ::= [APPLICATION 2] SEQUENCE { certificate Signed, authentication Signed }
  public static let tag: TLVTag = 0x62
  public let certificate: Signed<TerminalCertificate>
  public let authentication: Signed<TerminalAuthentication>

  /// Both fields.
  public init(certificate: Signed<TerminalCertificate>, authentication: Signed<TerminalAuthentication>) {
    (self.certificate, self.authentication) = (certificate, authentication)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (certificate, authentication) = (try reader.read(), try reader.read())
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(certificate)
    writer.write(authentication)
  }
}

/// SU(R‖X): the card signs everything that was said, in answer to R, to the terminal it heard.
public struct CardAuthentication: FreshBody, Hashable {
  // CardAuthentication ::= SEQUENCE { transcript [0] OCTET STRING (SIZE (32)) }
  public static let messageType = "B.CardAuthentication"
  /// SHA-256 over ``LinkAgreement``.
  public let transcript: [UInt8]

  /// What was said, hashed.
  public init(_ agreement: [UInt8]) { transcript = sha256(agreement) }

  public init(fields reader: inout TLVReader) throws(TLVError) { transcript = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, transcript) }
}

/// Who the card is; the first message inside the link.
public struct CardHello: TLVMessage, TLVSequence {
  // CardHello ::= [APPLICATION 3] SEQUENCE { certificate Signed, authentication Signed }
  public static let tag: TLVTag = 0x63
  public let certificate: Signed<CardCertificate>
  public let authentication: Signed<CardAuthentication>

  /// Both fields.
  public init(certificate: Signed<CardCertificate>, authentication: Signed<CardAuthentication>) {
    (self.certificate, self.authentication) = (certificate, authentication)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (certificate, authentication) = (try reader.read(), try reader.read())
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(certificate)
    writer.write(authentication)
  }
}

/// What both sides derive keys from and the card signs: the two messages as they went over the line.
public enum LinkAgreement {
  /// The transcript.
  public static func transcript(_ challenge: [UInt8], _ hello: [UInt8]) -> [UInt8] { challenge + hello }
}
