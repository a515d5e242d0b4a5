import Bytes
import GSUP
import Identifiers
import Store

/// A subscriber's telephone number in international form (E.164), as the nodes that serve it are told: 1 to 15 digits.
public struct MSISDN: Hashable, Sendable, CustomStringConvertible {
  /// The digits, country code first, without "+".
  public let digits: String

  /// nil where the text is no number; a "+" before it may stand there.
  public init?(_ text: some StringProtocol) {
    let digits = text.hasPrefix("+") ? String(text.dropFirst()) : String(text)
    guard (1...15).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    self.digits = digits
  }

  /// As InsertSubscriberData carries it: the length, then the digits, two in a byte.
  var gsupValue: [UInt8] {
    let packed = PackedDigits.bytes(digits)
    return [UInt8(packed.count)] + packed
  }

  public var description: String { "+\(digits)" }
}

enum SubscriberNumberTable {
  /// A part of the fourth version of ``SubscriberTable/schema``.
  static let change = SchemaChange.table("auc_number", "imsi TEXT PRIMARY KEY, msisdn TEXT NOT NULL")

  static func number(of imsi: IMSI, in reader: any Reader) throws(StoreError) -> MSISDN? {
    guard let row = try reader.first("SELECT msisdn FROM auc_number WHERE imsi = $1", imsi.digits) else { return nil }
    return MSISDN(try row(0, as: String.self))
  }

  static func set(_ number: MSISDN?, of imsi: IMSI, in transaction: any Transaction) throws(StoreError) {
    guard let number else {
      try transaction.execute("DELETE FROM auc_number WHERE imsi = $1", imsi.digits)
      return
    }
    try transaction.execute(
      "INSERT INTO auc_number (imsi, msisdn) VALUES ($1, $2) ON CONFLICT (imsi) DO UPDATE SET msisdn = $2",
      imsi.digits, number.digits)
  }
}

extension Desk {
  /// Sets, or takes away, the number that nodes are told at their next UpdateLocation.
  public func setNumber(_ number: MSISDN?, of imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try store.transaction { transaction in
      guard try !SubscriberTable.records(of: imsi, in: transaction).isEmpty else {
        throw AuCError.unknownSubscriber(imsi)
      }
      try SubscriberNumberTable.set(number, of: imsi, in: transaction)
      let text = number.map { "number \($0)" } ?? "without a number"
      try note(.changed, of: imsi, text, now: now, random: random, in: transaction)
    }
  }
}
