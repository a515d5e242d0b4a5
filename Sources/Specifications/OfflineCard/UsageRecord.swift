import Identifiers
import SecureMessages
import TLV

/// What a card signs of one service: at the start that the PIN was right, for whom and up to how much; then what it has
/// cost so far. The record of the highest step is the one that is billed: when the card is pulled early, that is the last
/// one signed.
///
/// It is a lasting statement of the card's, whose serial number tells service and step.
public struct UsageRecord: LastingBody, Hashable {
  // UsageRecord ::= SEQUENCE { number [0] INTEGER, step [1] INTEGER, isEnd [2] BOOLEAN, registrationNumber [3],
  //   terminalNumber [4], r [5] Challenge, x [6] Challenge, service [7] ServiceKind, begun [8] INTEGER, at [9] INTEGER,
  //   limit [10] INTEGER, amount [11] INTEGER, currency [12] Currency }
  public static let messageType = "B.UsageRecord"
  /// Counts the card's services from 1, without gaps.
  public let number: Int
  /// 0 at the start: the PIN was right, and nothing is owed yet. Then from 1.
  public let step: Int
  /// Whether the service ended with this step.
  public let isEnd: Bool
  /// Nt.
  public let registration: RegistrationNumber
  public let terminal: TerminalNumber
  /// R, the terminal's number for this service.
  public let r: Challenge
  /// X, the card's.
  public let x: Challenge
  public let service: ServiceKind
  /// When the service began, by the terminal's calendar.
  public let begun: Instant
  /// D: when this step was, by the terminal's calendar.
  public let at: Instant
  /// The most that the service may cost.
  public let limit: Amount
  /// V: what the service has cost up to this step.
  public let amount: Amount
  /// That of limit and amount.
  public let currency: Currency

  /// The most steps of a service.
  public static let lastStep = 4095

  /// The start of service `number`.
  public init(
    number: Int, registration: RegistrationNumber, terminal: TerminalNumber, r: Challenge, x: Challenge,
    service: ServiceKind, begun: Instant, limit: Amount, currency: Currency
  ) {
    (self.number, step, isEnd, self.registration, self.terminal) = (number, 0, false, registration, terminal)
    (self.r, self.x, self.service, self.begun, at) = (r, x, service, begun, begun)
    (self.limit, amount, self.currency) = (limit, .zero, currency)
  }

  private init(after former: UsageRecord, amount: Amount, at: Instant, isEnd: Bool) {
    (number, step, self.isEnd) = (former.number, former.step + 1, isEnd)
    (registration, terminal, r, x) = (former.registration, former.terminal, former.r, former.x)
    (service, begun, self.at, limit, self.amount) = (former.service, former.begun, at, former.limit, amount)
    currency = former.currency
  }

  /// The next step of the same service: the amount never falls nor exceeds the limit, time does not go back, and nothing
  /// follows the end; nil otherwise.
  public func next(amount: Amount, at: Instant, isEnd: Bool) -> UsageRecord? {
    guard !self.isEnd, amount >= self.amount, amount <= limit, at >= self.at, isEnd || step < Self.lastStep - 1 else {
      return nil
    }
    return UsageRecord(after: self, amount: amount, at: at, isEnd: isEnd)
  }

  /// What belongs to all steps of one service.
  public func isSameService(as other: UsageRecord) -> Bool {
    number == other.number && registration == other.registration && terminal == other.terminal && r == other.r
      && x == other.x && service == other.service && begun == other.begun && limit == other.limit
      && currency == other.currency
  }

  /// Under which number, and for how long, the card states it: no court asks after ten years.
  public var term: Term {
    Term(serial: number << 12 | step, notBefore: begun, notAfter: begun + .seconds(10 * 366 * 86_400))
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    number = try reader.read(0x80)
    step = try reader.read(0x81)
    guard (1...Int(UInt32.max)).contains(number) else { throw .invalid(0x80, "services are counted from 1") }
    guard (0...Self.lastStep).contains(step) else { throw .invalid(0x81, "steps are counted from 0 to 4095") }
    isEnd = try reader.read(0x82)
    registration = try reader.read(0x83)
    terminal = try reader.read(0x84)
    (r, x) = (try reader.read(0x85), try reader.read(0x86))
    service = try reader.read(0x87)
    (begun, at) = (try reader.readInstant(0x88), try reader.readInstant(0x89))
    (limit, amount) = (try reader.read(0x8A), try reader.read(0x8B))
    currency = try reader.read(0x8C)
    guard amount <= limit, at >= begun, step > 0 || (amount == .zero && !isEnd) else {
      throw .invalid(0x8B, "the record contradicts itself")
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, number)
    writer.write(0x81, step)
    writer.write(0x82, isEnd)
    writer.write(0x83, registration)
    writer.write(0x84, terminal)
    writer.write(0x85, r)
    writer.write(0x86, x)
    writer.write(0x87, service)
    writer.write(0x88, begun)
    writer.write(0x89, at)
    writer.write(0x8A, limit)
    writer.write(0x8B, amount)
    writer.write(0x8C, currency)
  }
}

extension Signed<UsageRecord> {
  /// The card that the record names as its signer, unverified.
  public var claimedCard: CardNumber? {
    let name = claimedSender.name
    return name.hasPrefix("card:") ? try? CardNumber(String(name.dropFirst(5))) : nil
  }

  /// The record, if `card` signed it; that its time has not come yet, by a calendar that is slow, is no reason to refuse.
  public func verified(from card: CardCertificate) throws(SecureMessageError) -> UsageRecord {
    let record = claimedBody
    guard let party = try? card.card.party, claimedTerm == record.term, record.registration == card.registration else {
      throw .malformed
    }
    return try verified(from: KnownParty(party, key: card.key), at: record.begun)
  }
}

/// What was used.
public enum ServiceKind: Int, TLVEnumeration, Hashable, CaseIterable {
  /// A telephone call.
  case call = 1
  /// Goods of a vending machine.
  case vending = 2
}
