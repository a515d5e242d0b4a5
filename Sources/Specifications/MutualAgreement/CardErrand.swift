import Bytes
import Identifiers
import TLV

// An apparatus does what it does on a card through the user apparatus, which carries commands and answers of a secure
// channel that it cannot read.

/// What the user apparatus brings: the card's answers to the last commands; none at the beginning, and where the card or
/// the line was lost and all begins anew.
public struct ErrandRound: TLVSequence, TLVMessage, Hashable {
  // ErrandRound ::= [APPLICATION 65] SEQUENCE { ticket [0] OCTET STRING, number [1] INTEGER,
  //   answers [2] SEQUENCE OF OCTET STRING }
  public static let tag: TLVTag = 0x7F41
  /// The most commands or answers at once.
  public static let limit = 400

  /// The errand.
  public let ticket: [UInt8]
  /// Which commands are answered; 0 begins anew.
  public let number: Int
  /// The answers with their status words; commands after one that was not successful are not sent.
  public let answers: [[UInt8]]

  /// Answers.
  public init(ticket: [UInt8], number: Int, answers: [[UInt8]]) {
    (self.ticket, self.number, self.answers) = (ticket, number, answers)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (ticket, number) = (try reader.read(0x80), try reader.readNumber(0x81, through: 1000))
    answers = try reader.readStrings(0xA2, limit: Self.limit)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, ticket)
    writer.write(0x81, number)
    writer.write(0xA2, strings: answers)
  }
}

/// The next commands for the card, in order.
public struct ErrandStep: TLVSequence, TLVMessage, Hashable {
  // ErrandStep ::= [APPLICATION 66] SEQUENCE { ticket [0] OCTET STRING, number [1] INTEGER,
  //   commands [2] SEQUENCE OF OCTET STRING }
  public static let tag: TLVTag = 0x7F42
  /// The errand.
  public let ticket: [UInt8]
  /// Counts the steps from 1.
  public let number: Int
  /// Commands.
  public let commands: [[UInt8]]

  /// Commands.
  public init(ticket: [UInt8], number: Int, commands: [[UInt8]]) {
    (self.ticket, self.number, self.commands) = (ticket, number, commands)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (ticket, number) = (try reader.read(0x80), try reader.readNumber(0x81, through: 1000))
    commands = try reader.readStrings(0xA2, limit: ErrandRound.limit)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, ticket)
    writer.write(0x81, number)
    writer.write(0xA2, strings: commands)
  }
}

/// The errand is over.
public struct ErrandDone: TLVSequence, TLVMessage, Hashable {
  // ErrandDone ::= [APPLICATION 67] SEQUENCE { ticket [0] OCTET STRING, status [1] OCTET STRING (SIZE(2)) }
  public static let tag: TLVTag = 0x7F43
  /// The errand.
  public let ticket: [UInt8]
  /// The card's last word: 9000, or the status with which it refused.
  public let status: UInt16

  /// The errand is over with the card's `status`.
  public init(ticket: [UInt8], status: UInt16) { (self.ticket, self.status) = (ticket, status) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    ticket = try reader.read(0x80)
    let bytes: [UInt8] = try reader.read(0x81)
    guard bytes.count == 2, let status = UInt16(bigEndian: bytes) else { throw .invalid(0x81, "2 bytes are wanted") }
    self.status = status
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, ticket)
    writer.write(0x81, status.bigEndianBytes)
  }
}

/// The message was taken; there is nothing more to say.
public struct Taken: TLVSequence, TLVMessage, Hashable {
  public static let tag: TLVTag = 0x7F46
  /// Nothing.
  public init() {}
  public init(fields reader: inout TLVReader) throws(TLVError) {}
  public func encodeFields(to writer: inout TLVWriter) {}
}
