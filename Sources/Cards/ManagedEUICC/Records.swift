import Bytes
import Identifiers
import Keys
import SGP02
import SecureElement
import TLV

/// What a card is given when it is made and never changes.
struct Constants: TLVMessage, TLVSequence {
  static let tag = TLVTag.sequence

  let eid: EID
  let agreementKey: [UInt8]
  let signatureKey: [UInt8]
  /// The report as everybody may read it, with the common information that not everybody may.
  let report: EUICCReport
  let certificateIssuer: PublicKey

  init(eid: EID, agreementKey: [UInt8], signatureKey: [UInt8], report: EUICCReport, certificateIssuer: PublicKey) {
    (self.eid, self.agreementKey, self.signatureKey) = (eid, agreementKey, signatureKey)
    (self.report, self.certificateIssuer) = (report, certificateIssuer)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    eid = try reader.read(0x5A)
    (agreementKey, signatureKey) = (try reader.read(0x80), try reader.read(0x81))
    report = try reader.read()
    let point: [UInt8] = try reader.read(0x82)
    guard let key = try? PublicKey(.p256, point: point) else { throw .invalid(0x82, "no point of P-256") }
    certificateIssuer = key
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x5A, eid)
    writer.write(0x80, agreementKey)
    writer.write(0x81, signatureKey)
    writer.write(report)
    writer.write(0x82, certificateIssuer.point)
  }
}

/// One of the ISD-R's key sets, and how far its counter is.
struct KeySetRecord: TLVMessage, TLVSequence, Equatable {
  static let tag: TLVTag = 0xE4

  let version: UInt8
  /// KIc, KID and DEK, wrapped.
  let keys: [[UInt8]]
  /// The last packet's counter, 5 bytes.
  var counter: [UInt8]
  /// The subject of the certificate of the SM-SR that agreed on it; none for the one the card was made with.
  let owner: [UInt8]
  /// Counts the hand-overs: the newest key set has the highest.
  let order: Int

  init(version: UInt8, keys: [[UInt8]], counter: [UInt8], owner: [UInt8] = [], order: Int = 0) {
    (self.version, self.keys, self.counter) = (version, keys, counter)
    (self.owner, self.order) = (owner, order)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    let version: [UInt8] = try reader.read(0x83)
    keys = [try reader.read(0x80), try reader.read(0x81), try reader.read(0x82)]
    counter = try reader.read(0x91)
    (owner, order) = (try reader.read(0x92), try reader.read(0x93))
    guard version.count == 1, counter.count == 5 else { throw .truncated }
    self.version = version[0]
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x83, bytes: [version])
    for (index, key) in keys.prefix(3).enumerated() { writer.write(TLVTag(rawValue: 0x80 + UInt32(index)), key) }
    writer.write(0x91, counter)
    writer.write(0x92, owner)
    writer.write(0x93, order)
  }
}

/// An ISD-P. Files and secrets of its profile are in `area`.
struct ISDPRecord: TLVMessage, TLVSequence, Equatable {
  static let tag: TLVTag = 0xE3

  let number: Int
  /// Bytes that its profile may take; 0 for as many as there are.
  let memory: Int
  var state = EUICCReport.ISDP.State.selectable
  var hasFallbackAttribute = false
  /// The SM-DP's key set, once it is agreed on: Key-ENC, Key-MAC and Key-DEK, wrapped.
  var keyVersion = 0
  var keys: [[UInt8]] = []
  /// SCP03t sessions so far.
  var sessions = 0
  var iccid: ICCID?
  var area: MemoryArea?
  var rules = PolicyRules()
  var connectivity: ConnectivityParameters?

  init(number: Int, memory: Int) { (self.number, self.memory) = (number, memory) }

  var aid: AID? { SecurityDomains.isdp(number) }
  /// Whether there is a profile in it.
  var hasProfile: Bool { state == .disabled || state == .enabled }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (number, memory) = (try reader.read(0x80), try reader.read(0x81))
    state = try reader.read(0x82)
    hasFallbackAttribute = try reader.read(0x83)
    keyVersion = try reader.read(0x84)
    for tag: TLVTag in [0x85, 0x86, 0x87] { if let key: [UInt8] = try reader.readIfPresent(tag) { keys.append(key) } }
    sessions = try reader.read(0x88)
    iccid = try reader.readIfPresent(0x5A)
    let area: Int? = try reader.readIfPresent(0x89)
    self.area = area.flatMap { UInt16(exactly: $0) }.map { MemoryArea(rawValue: $0) }
    rules = PolicyRules(rawValue: UInt8(truncatingIfNeeded: try reader.read(0x8A, as: Int.self)))
    connectivity = try reader.readIfPresent()
    guard SecurityDomains.isdpNumbers.contains(number), area == nil || self.area != nil else { throw .truncated }
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, number)
    writer.write(0x81, memory)
    writer.write(0x82, state)
    writer.write(0x83, hasFallbackAttribute)
    writer.write(0x84, keyVersion)
    for (index, key) in keys.prefix(3).enumerated() { writer.write(TLVTag(rawValue: 0x85 + UInt32(index)), key) }
    writer.write(0x88, sessions)
    writer.write(0x5A, iccid)
    writer.write(0x89, area.map { Int($0.rawValue) })
    writer.write(0x8A, Int(rules.rawValue))
    writer.write(connectivity)
  }
}

/// A notification that the SM-SR has not confirmed, and what hangs on it.
struct PendingNotification: TLVMessage, TLVSequence, Equatable {
  static let tag: TLVTag = 0xE5

  let event: EUICCNotification.Event
  let sequenceNumber: UInt16
  /// The ISD-P that was enabled before; none where nothing changed.
  let former: Int?

  init(_ event: EUICCNotification.Event, sequenceNumber: UInt16, former: Int?) {
    (self.event, self.sequenceNumber, self.former) = (event, sequenceNumber, former)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    guard let event = EUICCNotification.Event(rawValue: UInt8(truncatingIfNeeded: try reader.read(0x80, as: Int.self))),
      let number = UInt16(exactly: try reader.read(0x81, as: Int.self))
    else { throw .truncated }
    (self.event, sequenceNumber) = (event, number)
    former = try reader.readIfPresent(0x82)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, Int(event.rawValue))
    writer.write(0x81, Int(sequenceNumber))
    writer.write(0x82, former)
  }
}
