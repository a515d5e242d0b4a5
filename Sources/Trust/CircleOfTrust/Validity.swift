import Identifiers
import TLV

/// From when to when a certificate holds, both ends included (RFC 5280 §4.1.2.5).
public struct Validity: TLVMessage, TLVSequence, Hashable {
  // Validity ::= SEQUENCE { notBefore Time, notAfter Time }
  public static let tag: TLVTag = .sequence
  /// The first second.
  public let notBefore: Instant
  /// The last second.
  public let notAfter: Instant

  /// From `notBefore` to `notAfter`, both in whole seconds; the end of the year 9999 stands for "without end".
  public init(notBefore: Instant, notAfter: Instant) {
    (self.notBefore, self.notAfter) = (Time.inRange(notBefore), Time.inRange(notAfter))
  }

  /// For `days` days from `start`.
  public init(from start: Instant, days: Int) {
    self.init(notBefore: start, notAfter: start + .seconds(Int64(clamping: days).multipliedOrMax(by: 86_400)))
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    notBefore = try Time.read(from: &reader)
    notAfter = try Time.read(from: &reader)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    Time.write(notBefore, to: &writer)
    Time.write(notAfter, to: &writer)
  }
}

extension Int64 {
  fileprivate func multipliedOrMax(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max / 1000 : product
  }
}

/// Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime } (RFC 5280 §4.1.2.5.1 and .2).
enum Time {
  static let utcTime: TLVTag = 0x17
  static let generalizedTime: TLVTag = 0x18
  /// 99991231235959Z, "no well-defined expiration date".
  private static let last: Int64 = 253_402_300_799
  /// 00000101000000Z.
  private static let first: Int64 = -62_167_219_200

  /// The instant in whole seconds that the two forms can write.
  static func inRange(_ instant: Instant) -> Instant { Instant(seconds: min(max(instant.seconds, first), last)) }

  /// "MUST be expressed in Greenwich Mean Time (Zulu) and MUST include seconds … MUST NOT include fractional seconds."
  /// Certificate issuers must write dates through 2049 as UTCTime; who reads must understand either form for any date.
  static func read(from reader: inout TLVReader) throws(TLVError) -> Instant {
    let element = try reader.element()
    let text = Array(element.content)
    let digits = text.dropLast()
    guard text.last == UInt8(ascii: "Z"), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw .invalid(element.tag, "a time is digits and Z")
    }
    func number(_ start: Int, _ count: Int) -> Int {
      digits[start..<start + count].reduce(0) { $0 * 10 + Int($1 & 0x0F) }
    }
    let year: Int
    switch (element.tag, digits.count) {
    case (utcTime, 12): year = number(0, 2) + (number(0, 2) >= 50 ? 1900 : 2000)
    case (generalizedTime, 14): year = number(0, 4)
    default: throw .invalid(element.tag, "a time is YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ")
    }
    let rest = digits.count - 10
    let (month, day) = (number(rest, 2), number(rest + 2, 2))
    let (hour, minute, second) = (number(rest + 4, 2), number(rest + 6, 2), number(rest + 8, 2))
    guard (1...12).contains(month), (1...days(in: month, of: year)).contains(day), hour < 24, minute < 60, second < 60
    else { throw .invalid(element.tag, "there is no such time") }
    let seconds = (daysSinceEpoch(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
    return Instant(seconds: Int64(seconds))
  }

  /// "MUST always encode certificate validity dates through the year 2049 as UTCTime; … in 2050 or later …
  /// GeneralizedTime."
  static func write(_ instant: Instant, to writer: inout TLVWriter) {
    let seconds = Int(inRange(instant).seconds)
    let day = Int((Double(seconds) / 86_400).rounded(.down))
    let (year, month, dayOfMonth) = date(daysSinceEpoch: day)
    let rest = seconds - day * 86_400
    var text: [UInt8] = []
    func append(_ value: Int, _ count: Int) {
      var divisor = count == 4 ? 1000 : 10
      for _ in 0..<count {
        text.append(UInt8(0x30 + value / divisor % 10))
        divisor = max(1, divisor / 10)
      }
    }
    let isShort = (1950..<2050).contains(year)
    if isShort { append(year % 100, 2) } else { append(year, 4) }
    for value in [month, dayOfMonth, rest / 3600, rest / 60 % 60, rest % 60] { append(value, 2) }
    writer.write(isShort ? utcTime : generalizedTime, bytes: text + [UInt8(ascii: "Z")])
  }

  private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  private static func days(in month: Int, of year: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Days of whole years before `year`, from the year 0.
  private static func daysBefore(_ year: Int) -> Int {
    guard year > 0 else { return 0 }
    let past = year - 1
    return year * 365 + past / 4 - past / 100 + past / 400 + 1
  }

  private static let epoch = daysBefore(1970)

  private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
    // Months counted from March put the leap day at the end of the year.
    let marched = (month + 9) % 12
    let untilMonth = (marched * 306 + 5) / 10
    let inYear = month > 2 ? untilMonth + 59 + (isLeap(year) ? 1 : 0) : untilMonth - 306
    return daysBefore(year) - epoch + inYear + day - 1
  }

  private static func date(daysSinceEpoch day: Int) -> (year: Int, month: Int, day: Int) {
    var year = (day + epoch) * 400 / 146_097
    while daysBefore(year + 1) - epoch <= day { year += 1 }
    while daysBefore(year) - epoch > day { year -= 1 }
    var rest = day + epoch - daysBefore(year)
    var month = 1
    while rest >= days(in: month, of: year) {
      rest -= days(in: month, of: year)
      month += 1
    }
    return (year, month, rest + 1)
  }
}
