import APDU
import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import TLV

/// The application's items in the card's memory, read and written within one command.
struct CardContents {
  /// The application's area.
  static let area = MemoryArea.application(3)

  /// What stands where.
  enum Item {
    static let identity: UInt32 = 1
    static let settingNumber: UInt32 = 2
    static let counters: UInt32 = 3
    static let pin: UInt32 = 4
    static let timeSeen: UInt32 = 5
    static let lastService: UInt32 = 6
    /// The key of a card that is not issued yet.
    static let newKey: UInt32 = 7
    /// Records, by the service's number.
    static let records: UInt32 = 0x8000_0000
  }

  /// The places for which secrets are wrapped.
  enum Place {
    static let settingNumber = "payment card: setting number"
    static let pin = "payment card: PIN"
    static let newKey = "payment card: key of a new card"
  }

  /// How often a wrong PIN or setting number may be presented one after the other.
  static let mostTries: UInt8 = 3

  /// What guards the card, in one item: it is written before anything is compared.
  struct Counters: Equatable {
    var pinTries = CardContents.mostTries
    var settingNumberTries = CardContents.mostTries
    /// The flag of paragraph 0013: never taken back.
    var isUnusable = false

    fileprivate var bytes: [UInt8] { [pinTries, settingNumberTries, isUnusable ? 1 : 0] }
  }

  private let memory: MemoryTransaction
  private let vault: KeyVault
  private let random: any RandomSource

  init(_ exchange: Exchange, _ vault: KeyVault) {
    (memory, self.vault, random) = (exchange.memory, vault, exchange.random)
  }

  // MARK: What is written once

  /// Who the card is; nil before it was issued.
  func identity() throws(StatusWordError) -> CardIdentity? {
    guard let bytes = read(Item.identity) else { return nil }
    guard let stored = try? StoredIdentity(encoded: bytes) else { throw StatusWordError(.technicalProblem) }
    let certificate = stored.certificate.claimedBody
    let scalar = try unwrap(stored.wrappedKey, stored.keyPlace)
    do {
      return CardIdentity(
        scheme: stored.scheme, certificate: stored.certificate,
        holder: KeyHolder(try certificate.card.party, key: try PrivateKey(.p256, scalar: scalar.bytes)))
    } catch { throw StatusWordError(.technicalProblem) }
  }

  /// Keeps what the issuer gave; the key of the new card becomes that of the issued one.
  func write(_ issue: CardIssue, key: PrivateKey) throws(StatusWordError) {
    let place = StoredIdentity.keyPlace(issue.certificate)
    let stored = StoredIdentity(
      scheme: issue.scheme, certificate: issue.certificate, wrappedKey: try wrap(key.scalar, place))
    write(Item.identity, stored.encoded)
    write(
      Item.settingNumber,
      try wrap(Secret(issue.salt.bytes + issue.settingNumber.digits.bytes), Place.settingNumber))
    counters = Counters()
    remove(Item.newKey)
  }

  /// The key of a card that is not issued yet.
  func newKey() throws(StatusWordError) -> PrivateKey? {
    guard let wrapped = read(Item.newKey) else { return nil }
    let scalar = try unwrap(wrapped, Place.newKey)
    do { return try PrivateKey(.p256, scalar: scalar.bytes) } catch { throw StatusWordError(.technicalProblem) }
  }

  func writeNewKey(_ key: PrivateKey) throws(StatusWordError) {
    write(Item.newKey, try wrap(key.scalar, Place.newKey))
  }

  // MARK: Secrets and counters

  var counters: Counters {
    get {
      guard let bytes = read(Item.counters), bytes.count == 3 else { return Counters() }
      return Counters(pinTries: bytes[0], settingNumberTries: bytes[1], isUnusable: bytes[2] != 0)
    }
    nonmutating set { write(Item.counters, newValue.bytes) }
  }

  /// Whether the issuer's Ns is `number`.
  func isSettingNumber(_ number: SettingNumber) throws(StatusWordError) -> Bool {
    guard let wrapped = read(Item.settingNumber) else { return false }
    return equalInConstantTime(try unwrap(wrapped, Place.settingNumber).bytes.dropFirst(32), number.digits.bytes)
  }

  /// Whether the user's Nc is `pin`: never, where none was registered.
  func isPIN(_ pin: PIN) throws(StatusWordError) -> Bool {
    guard let wrapped = read(Item.pin) else { return false }
    return equalInConstantTime(try unwrap(wrapped, Place.pin).bytes, pin.digits.bytes)
  }

  /// Keeps Nc. The document's "RAM 62" is a slip: what the power takes away would have to be registered every day.
  func write(_ pin: PIN) throws(StatusWordError) { write(Item.pin, try wrap(pin.digits, Place.pin)) }

  /// The latest time that the issuer's signatures prove.
  var timeSeen: Instant {
    get { Instant(milliseconds: read(Item.timeSeen).flatMap { Int64(bigEndian: $0) } ?? 0) }
    nonmutating set { write(Item.timeSeen, newValue.milliseconds.bigEndianBytes) }
  }

  // MARK: Records

  /// The number of the last service that was begun; 0 before the first.
  var lastService: Int { read(Item.lastService).flatMap { Int(bigEndian: $0) } ?? 0 }

  /// What the services cost that nobody has cleared, how many they are, and when the oldest of them began.
  var outstanding: (amount: Amount, services: Int, since: Instant?) {
    let keys = recordKeys
    let amount = keys.reduce(Amount.zero) { sum, key in
      sum + (memory.read(key).flatMap { Amount(Int(bigEndian: $0.prefix(8)) ?? 0) } ?? .zero)
    }
    let oldest = keys.first.flatMap { memory.read($0) }.flatMap {
      try? Signed<UsageRecord>(encoded: Array($0.dropFirst(8)))
    }
    return (amount, keys.count, oldest?.claimedBody.begun)
  }

  /// Keeps the newest record of a service in place of the one before.
  func write(_ record: Signed<UsageRecord>) {
    let body = record.claimedBody
    write(Item.records | UInt32(truncatingIfNeeded: body.number), body.amount.units.bigEndianBytes + record.encoded)
    if body.number > lastService { write(Item.lastService, UInt32(truncatingIfNeeded: body.number).bigEndianBytes) }
  }

  /// The records of services from `number` on, encoded, at most `limit`.
  func records(from number: Int, limit: Int) -> [[UInt8]] {
    recordKeys.lazy.filter { Int($0.item & 0x7FFF_FFFF) >= number }.prefix(limit)
      .compactMap { memory.read($0).map { Array($0.dropFirst(8)) } }
  }

  /// Forgets the records that `clearance` covers.
  func removeRecords(_ clearance: Clearance) {
    for key in recordKeys {
      guard let bytes = memory.read(key), let record = try? Signed<UsageRecord>(encoded: Array(bytes.dropFirst(8))),
        clearance.covers(record.claimedBody)
      else { continue }
      memory.remove(key)
    }
  }

  private var recordKeys: [MemoryKey] { memory.keys(in: Self.area).filter { $0.item & Item.records != 0 } }

  // MARK: Bytes

  /// Makes what was written so far durable, now.
  func commit() throws(StatusWordError) { try memory.commit() }

  private func read(_ item: UInt32) -> [UInt8]? { memory.read(MemoryKey(Self.area, item)) }
  private func write(_ item: UInt32, _ content: [UInt8]) { memory.write(MemoryKey(Self.area, item), content) }
  private func remove(_ item: UInt32) { memory.remove(MemoryKey(Self.area, item)) }

  private func wrap(_ secret: Secret, _ place: String) throws(StatusWordError) -> [UInt8] {
    do { return try vault.wrap(secret, context: place, random: random) } catch {
      throw StatusWordError(.technicalProblem)
    }
  }

  private func unwrap(_ wrapped: [UInt8], _ place: String) throws(StatusWordError) -> Secret {
    do { return try vault.unwrap(wrapped, context: place) } catch {
      throw StatusWordError(.technicalProblem)
    }
  }
}

/// Who the card is, once it was issued.
struct CardIdentity {
  let scheme: Scheme
  /// SA1, SA2 and SA(IDU).
  let certificate: Signed<CardCertificate>
  /// The card as the party that signs.
  let holder: KeyHolder

  /// What the certificate says: it was verified when the card took it.
  var body: CardCertificate { certificate.claimedBody }
}

/// The identity at rest.
struct StoredIdentity: TLVMessage, TLVSequence {
  static let tag: TLVTag = .sequence
  let scheme: Scheme
  let certificate: Signed<CardCertificate>
  var wrappedKey: [UInt8]

  /// The place for which the card's key is wrapped.
  var keyPlace: String { Self.keyPlace(certificate) }
  static func keyPlace(_ certificate: Signed<CardCertificate>) -> String {
    "payment card: key of \(certificate.claimedBody.card)"
  }

  init(scheme: Scheme, certificate: Signed<CardCertificate>, wrappedKey: [UInt8]) {
    (self.scheme, self.certificate, self.wrappedKey) = (scheme, certificate, wrappedKey)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (scheme, certificate) = (try reader.read(), try reader.read())
    wrappedKey = try reader.read(.octetString)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(scheme)
    writer.write(certificate)
    writer.write(.octetString, wrappedKey)
  }
}
