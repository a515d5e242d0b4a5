import APDU
import Bytes
import Identifiers
import SecureMessages
import TLV

/// The card's commands (docs/payment-card.md): class 80, P1 and P2 zero.
public enum CardCommand: UInt8, CaseIterable, Sendable {
  // Before the link.
  case makeKey = 0xD0
  case takeIssue = 0xD2
  case getChallenge = 0x84
  case openLink = 0x82
  // Inside the link.
  case beginRegistration = 0x40
  case checkSettingNumber = 0x42
  case setPIN = 0x44
  case makeUnusable = 0x46
  case beginService = 0x50
  case continueService = 0x52
  case endService = 0x54
  case takeClearance = 0x56
  case tellRecords = 0x58

  /// The class byte of all of them.
  public static let cla: UInt8 = 0x80

  /// The header that a sealed message is bound to: the class byte is left out, for it names the channel.
  public var header: [UInt8] { [rawValue, 0, 0] }
}

extension AID {
  /// The application: a proprietary identifier without registration (ISO/IEC 7816-4 §8.2.1.2, category F).
  public static let paymentCard = AID(literal: "F053494D5552474842")
}

/// The answer to a command inside the link, sealed: how it ended, then the data. The status word outside the link says
/// only that there is an answer.
public struct LinkAnswer: Sendable, Hashable {
  public let status: StatusWord
  public let data: [UInt8]

  /// Both.
  public init(_ data: [UInt8] = [], _ status: StatusWord = .ok) { (self.status, self.data) = (status, data) }

  /// The answer that `bytes` is; nil where not even a status word is there.
  public init?(bytes: [UInt8]) {
    guard bytes.count >= 2, let status = UInt16(bigEndian: bytes.prefix(2)) else { return nil }
    self.init(Array(bytes.dropFirst(2)), StatusWord(rawValue: status))
  }

  /// The answer as it is sealed.
  public var bytes: [UInt8] { status.bytes + data }
}

extension StatusWord {
  /// The card is unusable for good: it was misused, or says so itself.
  public static let cardUnusable: StatusWord = 0x6F85
  /// The card has expired, as far as it knows.
  public static let cardExpired: StatusWord = 0x6F86
  /// The off-line limit is reached: the charging centre must clear the card first.
  public static let limitReached: StatusWord = 0x6F87
}

/// BEGIN SERVICE (Figs 5 and 7): the PIN, and what the terminal proposes.
public struct BeginService: TLVMessage, TLVSequence {
  // BeginService ::= [APPLICATION 4] SEQUENCE { pin [0], r [1] Challenge, service [2] ServiceKind, at [3] INTEGER,
  //   limit [4] INTEGER }
  public static let tag: TLVTag = 0x64
  /// Nc'.
  public let pin: PIN
  /// R.
  public let r: Challenge
  public let service: ServiceKind
  /// By the terminal's calendar.
  public let at: Instant
  /// The most that the service shall be allowed to cost; the card may allow less.
  public let limit: Amount

  /// All fields.
  public init(pin: PIN, r: Challenge, service: ServiceKind, at: Instant, limit: Amount) {
    (self.pin, self.r, self.service, self.at, self.limit) = (pin, r, service, at, limit)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (pin, r) = (try reader.read(0x80), try reader.read(0x81))
    service = try reader.read(0x82)
    at = try reader.readInstant(0x83)
    limit = try reader.read(0x84)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, pin)
    writer.write(0x81, r)
    writer.write(0x82, service)
    writer.write(0x83, at)
    writer.write(0x84, limit)
  }
}

/// CONTINUE SERVICE and END SERVICE: what the service has cost so far.
public struct ServiceStep: TLVMessage, TLVSequence, Hashable {
  // ServiceStep ::= [APPLICATION 5] SEQUENCE { amount [0] INTEGER, at [1] INTEGER }
  public static let tag: TLVTag = 0x65
  public let amount: Amount
  /// By the terminal's calendar.
  public let at: Instant

  /// Both fields.
  public init(amount: Amount, at: Instant) { (self.amount, self.at) = (amount, at) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    amount = try reader.read(0x80)
    at = try reader.readInstant(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, amount)
    writer.write(0x81, at)
  }
}

/// TAKE CLEARANCE: the charging centre's word, and the issuer's that it is the centre.
public struct CardClearance: TLVMessage, TLVSequence {
  // CardClearance ::= [APPLICATION 6] SEQUENCE { centre Signed, clearance Signed }
  public static let tag: TLVTag = 0x66
  public let centre: Signed<CentreCertificate>
  public let clearance: Signed<Clearance>

  /// Both fields.
  public init(centre: Signed<CentreCertificate>, clearance: Signed<Clearance>) {
    (self.centre, self.clearance) = (centre, clearance)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (centre, clearance) = (try reader.read(), try reader.read())
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(centre)
    writer.write(clearance)
  }
}

/// TAKE ISSUE: what the issuer writes into a new card (B1).
public struct CardIssue: TLVMessage, TLVSequence {
  // CardIssue ::= [APPLICATION 7] SEQUENCE { scheme [0] Scheme, certificate Signed, settingNumber [1],
  //   salt [2] OCTET STRING (SIZE (32)) }
  public static let tag: TLVTag = 0x67
  public let scheme: Scheme
  public let certificate: Signed<CardCertificate>
  /// Ns.
  public let settingNumber: SettingNumber
  /// What SA2's digest is salted with.
  public let salt: Secret

  /// All fields.
  public init(scheme: Scheme, certificate: Signed<CardCertificate>, settingNumber: SettingNumber, salt: Secret) {
    (self.scheme, self.certificate, self.settingNumber, self.salt) = (scheme, certificate, settingNumber, salt)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    scheme = try reader.read(0xA0)
    certificate = try reader.read()
    settingNumber = try reader.read(0x81)
    salt = try reader.read(0x82)
    guard salt.bytes.count == 32 else { throw .invalid(0x82, "the salt has 32 bytes") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, scheme)
    writer.write(certificate)
    writer.write(0x81, settingNumber)
    writer.write(0x82, salt)
  }
}
