import Bytes
import Keys
import Store

/// What happened to subscribers, authenticated: each event of the record carries a seal over itself and the seal before
/// it, so that none can be changed, left out or put in afterwards without the master key.
public struct Journal {
  private let key: Secret
  private var last: [UInt8]

  private static let context = "auc_journal_key"

  /// The journal of a store, made at its first use.
  init(_ vault: KeyVault, random: any RandomSource, in transaction: any Transaction) throws {
    do {
      if let row = try transaction.first("SELECT wrapped FROM auc_journal_key") {
        key = try vault.unwrap(row(0), context: Self.context)
      } else {
        key = Secret(random.bytes(32))
        try transaction.execute(
          "INSERT INTO auc_journal_key (id, wrapped) VALUES (1, $1)",
          vault.wrap(key, context: Self.context, random: random))
      }
    } catch let error as KeyError { throw AuCError.key(error) }
    last = try transaction.first("SELECT mac FROM auc_seal ORDER BY event DESC LIMIT 1").map { try $0(0) } ?? []
  }

  /// Appends an event and its seal.
  mutating func append(_ event: Event, in transaction: any Transaction) throws {
    let number = try EventRecord.appendNumbered(event, in: transaction)
    last = Self.seal(event, number: number, after: last, key: key)
    try transaction.execute("INSERT INTO auc_seal (event, mac) VALUES ($1, $2)", number, last)
  }

  private static func seal(_ event: Event, number: Int, after previous: [UInt8], key: Secret) -> [UInt8] {
    var fields = [event.party, event.peer ?? "", event.name, event.correlation].map { Array($0.utf8) }
    switch event.body {
    case .text(let text): fields.append(Array(text.utf8))
    case .bytes(let bytes): fields.append(bytes)
    case .exchange(let received, let sent): fields += [received, sent]
    }
    let numbers = Int64(number).bigEndianBytes + event.at.milliseconds.bigEndianBytes + [UInt8(event.kind.rawValue)]
    let parts = ([previous, numbers] + fields).flatMap { UInt32(clamping: $0.count).bigEndianBytes + $0 }
    return hmacSHA256(parts, key: key)
  }

  /// What a verification found.
  public struct Finding: Sendable, Equatable {
    /// How many events bear a right seal.
    public var sealed = 0
    /// Events that were changed, left out or put in, by number.
    public var broken: [Int] = []
    /// The last seal: who notes it elsewhere also notices that the end was cut off.
    public var head: [UInt8] = []
  }

  /// Compares every event that is still kept with its seal. Events forgotten by age are no finding as long as they are
  /// the oldest.
  static func verify(_ vault: KeyVault, in reader: any Reader) throws -> Finding {
    var finding = Finding()
    guard let row = try reader.first("SELECT wrapped FROM auc_journal_key") else { return finding }
    let key: Secret
    do { key = try vault.unwrap(row(0), context: context) } catch let error as KeyError { throw AuCError.key(error) }
    var (number, hasBegun) = (0, false)
    while true {
      let seals = try reader.query("SELECT event, mac FROM auc_seal WHERE event > $1 ORDER BY event LIMIT 500", number)
      if seals.isEmpty { break }
      for seal in seals {
        number = try seal(0)
        let mac: [UInt8] = try seal(1)
        let entry = try EventRecord.entries(after: number - 1, limit: 1, in: reader).first
        if let entry, entry.number == number {
          hasBegun = true
          let expected = Self.seal(entry.event, number: number, after: finding.head, key: key)
          if equalInConstantTime(expected, mac) { finding.sealed += 1 } else { finding.broken.append(number) }
        } else if hasBegun {
          finding.broken.append(number)
        }
        finding.head = mac
      }
    }
    return finding
  }

  /// Rewraps the journal's key under the current master key.
  static func rewrap(_ vault: KeyVault, random: any RandomSource, in transaction: any Transaction) throws {
    guard let row = try transaction.first("SELECT wrapped FROM auc_journal_key") else { return }
    let wrapped: [UInt8] = try row(0)
    guard vault.isOutdated(wrapped) else { return }
    do {
      try transaction.executeOne(
        "UPDATE auc_journal_key SET wrapped = $1", vault.rewrap(wrapped, context: context, random: random))
    } catch let error as KeyError { throw AuCError.key(error) }
  }
}
