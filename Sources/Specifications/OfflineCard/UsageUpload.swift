import Identifiers
import SecureMessages
import TLV

/// A batch of a terminal's log on its way to the charging centre (B8), signed by the terminal; the serial number of its
/// term is the batch's, counted from 1 without gaps. A batch is sent until its receipt came, always as the same bytes.
public struct UsageUpload: LastingBody {
  // UsageUpload ::= SEQUENCE { cards [0] SEQUENCE OF Signed, records [1] SEQUENCE OF Signed }
  public static let messageType = "B.UsageUpload"
  /// The certificates of the cards that the records are of, each once.
  public let cards: [Signed<CardCertificate>]
  /// The cards' records, as they signed them: of each service the last.
  public let records: [Signed<UsageRecord>]

  /// The most records in a batch.
  public static let mostRecords = 500

  /// Both fields.
  public init(cards: [Signed<CardCertificate>], records: [Signed<UsageRecord>]) {
    (self.cards, self.records) = (cards, records)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    cards = try reader.read(0xA0)
    records = try reader.read(0xA1)
    guard records.count <= Self.mostRecords, cards.count <= Self.mostRecords else {
      throw .invalid(0xA1, "a batch has at most \(Self.mostRecords) records")
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, cards)
    writer.write(0xA1, records)
  }
}

/// What a terminal sends: its certificate, and the batch.
public struct UploadRequest: TLVMessage, TLVSequence {
  // UploadRequest ::= [APPLICATION 8] SEQUENCE { terminal Signed, upload Signed }
  public static let tag: TLVTag = 0x68
  public let terminal: Signed<TerminalCertificate>
  public let upload: Signed<UsageUpload>

  /// Both fields.
  public init(terminal: Signed<TerminalCertificate>, upload: Signed<UsageUpload>) {
    (self.terminal, self.upload) = (terminal, upload)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (terminal, upload) = (try reader.read(), try reader.read())
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(terminal)
    writer.write(upload)
  }
}

/// The charging centre's word that a batch is durable there, and what came of it: only then may the terminal forget it.
/// The serial number of its term is the batch's.
public struct UploadReceipt: LastingBody {
  // UploadReceipt ::= SEQUENCE { digest [0] OCTET STRING (SIZE (32)), accepted [1] INTEGER, refused [2] INTEGER,
  //   clearances [3] SEQUENCE OF Signed }
  public static let messageType = "B.UploadReceipt"
  /// SHA-256 of the request as it arrived.
  public let digest: [UInt8]
  /// Records that were taken, or were there already.
  public let accepted: Int
  /// Records that no card signed, or that contradict others: kept for the fraud report, and not billed.
  public let refused: Int
  /// For cards of the batch of which everything is known.
  public let clearances: [Signed<Clearance>]

  /// All fields.
  public init(digest: [UInt8], accepted: Int, refused: Int, clearances: [Signed<Clearance>]) {
    (self.digest, self.accepted, self.refused, self.clearances) = (digest, accepted, refused, clearances)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    digest = try reader.read(0x80)
    (accepted, refused) = (try reader.read(0x81), try reader.read(0x82))
    clearances = try reader.read(0xA3)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, digest)
    writer.write(0x81, accepted)
    writer.write(0x82, refused)
    writer.write(0xA3, clearances)
  }
}

/// A terminal asks what time it is, and what has changed in the black list.
public struct NewsRequest: TLVMessage, TLVSequence, Hashable {
  // NewsRequest ::= [APPLICATION 9] SEQUENCE { terminalNumber [0], challenge [1] Challenge, blackList [2] INTEGER }
  public static let tag: TLVTag = 0x69
  public let terminal: TerminalNumber
  /// What makes the answer new: an old one cannot turn the calendar back.
  public let challenge: Challenge
  /// The version of the black list that the terminal has; 0 where it has none.
  public let blackList: Int

  /// All fields.
  public init(terminal: TerminalNumber, challenge: Challenge, blackList: Int) {
    (self.terminal, self.challenge, self.blackList) = (terminal, challenge, blackList)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (terminal, challenge) = (try reader.read(0x80), try reader.read(0x81))
    blackList = try reader.read(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, terminal)
    writer.write(0x81, challenge)
    writer.write(0x82, blackList)
  }
}

/// The charging centre's answer to a ``NewsRequest``.
public struct News: FreshBody {
  // News ::= SEQUENCE { now [0] INTEGER, blackList Signed OPTIONAL }
  public static let messageType = "B.News"
  /// The centre's time.
  public let now: Instant
  /// From the version that the terminal has to the newest; nil where it has that, or the centre has none.
  public let blackList: Signed<BlackListUpdate>?

  /// Both fields.
  public init(now: Instant, blackList: Signed<BlackListUpdate>?) { (self.now, self.blackList) = (now, blackList) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    now = try reader.readInstant(0x80)
    blackList = try reader.readIfPresent()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, now)
    writer.write(blackList)
  }
}

/// What the charging centre answers: the issuer's word that it is the centre, and its own.
public struct CentreAnswer<Body: MessageBody>: TLVMessage, TLVSequence {
  // CentreAnswer ::= [APPLICATION 10] SEQUENCE { centre Signed, answer Signed }
  public static var tag: TLVTag { 0x6A }
  public let centre: Signed<CentreCertificate>
  public let answer: Signed<Body>

  /// Both fields.
  public init(centre: Signed<CentreCertificate>, answer: Signed<Body>) { (self.centre, self.answer) = (centre, answer) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (centre, answer) = (try reader.read(), try reader.read())
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(centre)
    writer.write(answer)
  }
}
