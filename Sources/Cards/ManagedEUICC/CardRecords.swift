import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import SecureElement
import TLV

/// The managed eUICC's items in the card's memory, read and written within one command.
struct CardRecords {
  static let area = MemoryArea.application(5)

  enum Item {
    static let constants: UInt32 = 1
    static let daySeen: UInt32 = 2
    static let smsrAddress: UInt32 = 3
    static let nextSequenceNumber: UInt32 = 4
    static let pending: UInt32 = 5
    static let pin: UInt32 = 6
    static let pinTries: UInt32 = 7
    static let keyOnRequest: UInt32 = 8
    static let keyOnRequestCertificate: UInt32 = 9
    static let isDeclared: UInt32 = 10
    static let keySets: UInt32 = 0x0100
    static let isdps: UInt32 = 0x0001_0000
  }

  let memory: MemoryTransaction

  init(_ memory: MemoryTransaction) { self.memory = memory }

  static func key(_ item: UInt32) -> MemoryKey { MemoryKey(area, item) }

  /// What the card was given when it was made; 6F00 where it was not.
  func constants() throws(StatusWordError) -> Constants {
    guard let constants = record(Item.constants, as: Constants.self) else { throw StatusWordError(.technicalProblem) }
    return constants
  }

  /// The latest day that the card has proof of, YYYYMMDD.
  var daySeen: String {
    get { String(decoding: bytes(Item.daySeen) ?? [], as: UTF8.self) }
    nonmutating set { write(Item.daySeen, Array(newValue.utf8)) }
  }

  /// Kind and digits of the number that notifications go to.
  var smsrAddress: [UInt8] {
    get { bytes(Item.smsrAddress) ?? [] }
    nonmutating set { write(Item.smsrAddress, newValue) }
  }

  /// The notification that waits for its confirmation.
  var pending: PendingNotification? {
    get { record(Item.pending, as: PendingNotification.self) }
    nonmutating set { write(Item.pending, newValue?.encoded) }
  }

  /// Takes the next number for a notification.
  func takeSequenceNumber() -> UInt16 {
    let number = bytes(Item.nextSequenceNumber).flatMap { UInt16(bigEndian: $0) } ?? 1
    write(Item.nextSequenceNumber, (number &+ 1).bigEndianBytes)
    return number
  }

  /// Whether the SM-SR has confirmed the declaration.
  var isDeclared: Bool {
    get { bytes(Item.isDeclared) != nil }
    nonmutating set { write(Item.isDeclared, newValue ? [1] : nil) }
  }

  // MARK: Lists

  /// The ISD-R's key sets.
  var keySets: [KeySetRecord] {
    items(from: Item.keySets, to: Item.isdps).compactMap { try? KeySetRecord(encoded: $0) }
  }

  func write(_ keySet: KeySetRecord) { write(Item.keySets + UInt32(keySet.version), keySet.encoded) }
  func remove(_ keySet: KeySetRecord) { write(Item.keySets + UInt32(keySet.version), nil) }

  /// The ISD-Ps in the order of their numbers.
  var isdps: [ISDPRecord] { items(from: Item.isdps, to: .max).compactMap { try? ISDPRecord(encoded: $0) } }

  /// The ISD-P with an identifier; 6A88 where there is none.
  func isdp(_ aid: AID) throws(StatusWordError) -> ISDPRecord {
    guard let number = SecurityDomains.isdpNumber(aid), let isdp = isdp(number) else {
      throw StatusWordError(.referencedDataNotFound)
    }
    return isdp
  }

  func isdp(_ number: Int) -> ISDPRecord? { record(Item.isdps + UInt32(number), as: ISDPRecord.self) }
  func write(_ isdp: ISDPRecord) { write(Item.isdps + UInt32(isdp.number), isdp.encoded) }
  func remove(_ isdp: ISDPRecord) { write(Item.isdps + UInt32(isdp.number), nil) }

  /// The ISD-P in use: at most one.
  var enabled: ISDPRecord? { isdps.first { $0.state == .enabled } }
  /// The one that is enabled when the network is lost: at most one.
  var fallback: ISDPRecord? { isdps.first { $0.hasFallbackAttribute } }

  // MARK: Bytes

  func bytes(_ item: UInt32) -> [UInt8]? { memory.read(Self.key(item)) }

  func write(_ item: UInt32, _ content: [UInt8]?) {
    if let content { memory.write(Self.key(item), content) } else { memory.remove(Self.key(item)) }
  }

  private func record<Record: TLVMessage>(_ item: UInt32, as type: Record.Type) -> Record? {
    bytes(item).flatMap { try? Record(encoded: $0) }
  }

  private func items(from first: UInt32, to end: UInt32) -> [[UInt8]] {
    memory.keys(in: Self.area).filter { $0.item >= first && $0.item < end }.compactMap { memory.read($0) }
  }
}

/// The places that the card's secrets are wrapped for.
enum Place {
  static func agreementKey(_ eid: EID) -> String { "SK.ECASD.ECKA \(eid)" }
  static func signatureKey(_ eid: EID) -> String { "SK.ECASD.ECDSA \(eid)" }
  static func keyOnRequest(_ eid: EID) -> String { "SK.ECASD.ECKA on request \(eid)" }
  static func pin(_ eid: EID) -> String { "certificate profile PIN \(eid)" }
  static func keySet(_ eid: EID, domain: String, version: UInt8, key: Int) -> String {
    "\(domain) \(eid) \(version) \(key)"
  }
}
