import Identifiers
import Keys
import SecureMessages
import TLV

/// The issuer's statement that a key is a terminal's: what makes nT worth something to a card.
public struct TerminalCertificate: LastingBody, Hashable {
  // TerminalCertificate ::= SEQUENCE { terminalNumber [0], terminalKey [1] OCTET STRING }
  public static let messageType = "B.TerminalCertificate"
  public let terminal: TerminalNumber
  /// nT.
  public let key: PublicKey

  /// Both fields.
  public init(terminal: TerminalNumber, key: PublicKey) { (self.terminal, self.key) = (terminal, key) }

  /// The terminal and its key as the party that signs.
  public var holder: KnownParty { get throws(InvalidIdentifier) { KnownParty(try terminal.party, key: key) } }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    terminal = try reader.read(0x80)
    key = try reader.readKey(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, terminal)
    writer.write(0x81, key.point)
  }
}

/// The issuer's statement that a key is the charging centre's, which receives uploads and clears cards.
public struct CentreCertificate: LastingBody, Hashable {
  // CentreCertificate ::= SEQUENCE { centreKey [0] OCTET STRING }
  public static let messageType = "B.CentreCertificate"
  public let key: PublicKey

  /// The certificate of a key.
  public init(key: PublicKey) { self.key = key }

  public init(fields reader: inout TLVReader) throws(TLVError) { key = try reader.readKey(0x80) }

  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, key.point) }
}

extension Signed<CentreCertificate> {
  /// The centre with its key, if the issuer says so and the certificate holds at `now`.
  public func verified(in scheme: Scheme, at now: Instant) throws(SecureMessageError) -> KnownParty {
    KnownParty(scheme.centre, key: try verified(from: scheme.issuer, at: now).key)
  }
}
