import APDU
import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureElement
import SecureMessages
import TLV

/// The module's EEPROM, read and written within one command.
struct Records {
  /// What stands where.
  enum Item: UInt32 {
    case readOnlyMemory = 1
    case passwordTries = 2
    case carrierKeys = 3
    case modelKeys = 4
    case withdrawnModels = 5
    case signatureData = 6
    case personalInformation = 7
    case sequenceNumbers = 8
    case timesSeen = 9
  }

  /// How many wrong passwords are taken, right ones not counted.
  static let passwordTries = 3

  private let memory: MemoryTransaction

  init(_ memory: MemoryTransaction) { self.memory = memory }

  static func key(_ item: Item) -> MemoryKey { MemoryKey(.application(10), item.rawValue) }

  /// The module's constants; 6F00 on a card that was never made a module.
  var readOnlyMemory: StoredReadOnlyMemory {
    get throws(StatusWordError) {
      guard let bytes = bytes(.readOnlyMemory), let stored = try? StoredReadOnlyMemory(encoded: bytes) else {
        throw StatusWordError(.technicalProblem)
      }
      return stored
    }
  }

  /// How many wrong passwords may still come.
  var passwordTriesLeft: Int {
    get { bytes(.passwordTries)?.first.map(Int.init) ?? Self.passwordTries }
    nonmutating set { write(.passwordTries, [UInt8(clamping: newValue)]) }
  }

  /// KE_C1, KE_C2, … as the consortium certified them.
  var carrierKeys: [Signed<CarrierKey>] {
    get { list(.carrierKeys) { try? Signed<CarrierKey>($0) } }
    nonmutating set { write(.carrierKeys, newValue) }
  }

  /// The models that may read the ID.
  var modelKeys: [ModelApproval] {
    get { list(.modelKeys) { try? ModelApproval($0) } }
    nonmutating set { write(.modelKeys, newValue) }
  }

  /// The models that were withdrawn, for good.
  var withdrawnModels: [ModelWithdrawal] {
    get { list(.withdrawnModels) { try? ModelWithdrawal($0) } }
    nonmutating set { write(.withdrawnModels, newValue) }
  }

  /// E(KD_COB, KE_C) as it came.
  var signatureData: [UInt8]? {
    get { bytes(.signatureData) }
    nonmutating set { write(.signatureData, newValue) }
  }

  /// The ID; nil before it is written.
  var personalInformation: StoredInformation? {
    get { bytes(.personalInformation).flatMap { try? StoredInformation(encoded: $0) } }
    nonmutating set { write(.personalInformation, newValue?.encoded) }
  }

  /// The sequence numbers that the ID's keys have seen.
  var sequenceNumbers: SequenceNumberArray {
    get {
      let numbers = bytes(.sequenceNumbers).map { bytes in
        stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).compactMap { UInt64(bigEndian: bytes[$0..<$0 + 8]) }
      }
      return numbers.flatMap { SequenceNumberArray(highest: $0) } ?? SequenceNumberArray()
    }
    nonmutating set { write(.sequenceNumbers, newValue.highest.flatMap(\.bigEndianBytes)) }
  }

  /// The latest time that a carrier told the module, which has no clock. Each carrier's is for its own statements.
  func timeSeen(of carrier: Party) -> Instant {
    timesSeen.first { $0.carrier == carrier }?.time ?? Instant(seconds: 0)
  }

  /// The carrier says that it is `time` now; one that is past changes nothing.
  func see(_ time: Instant, of carrier: Party) {
    guard time > timeSeen(of: carrier) else { return }
    write(.timesSeen, timesSeen.filter { $0.carrier != carrier } + [TimeSeen(carrier: carrier, time: time)])
  }

  private var timesSeen: [TimeSeen] { list(.timesSeen) { try? TimeSeen($0) } }

  private func bytes(_ item: Item) -> [UInt8]? { memory.read(Self.key(item)) }

  private func write(_ item: Item, _ content: [UInt8]?) {
    if let content { memory.write(Self.key(item), content) } else { memory.remove(Self.key(item)) }
  }

  private func list<Value>(_ item: Item, _ read: (TLVElement) -> Value?) -> [Value] {
    let elements = bytes(item).flatMap { try? TLVElement($0) }.flatMap { try? $0.children() }
    return (elements ?? []).compactMap(read)
  }

  private func write(_ item: Item, _ list: [some TLVContent]) {
    var writer = TLVWriter()
    writer.write(.sequence) { writer in for value in list { writer.write(.sequence, value) } }
    write(item, writer.bytes)
  }
}

/// The latest time that one carrier told.
private struct TimeSeen: TLVSequence {
  // TimeSeen ::= SEQUENCE { carrier [0] Party, time [1] INTEGER }
  let carrier: Party
  let time: Instant

  init(carrier: Party, time: Instant) { (self.carrier, self.time) = (carrier, time) }

  init(fields reader: inout TLVReader) throws(TLVError) {
    carrier = try reader.read(0x80)
    time = Instant(seconds: Int64(try reader.read(0x81, as: Int.self)))
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, carrier)
    writer.write(0x81, Int(time.seconds))
  }
}

/// The ID as the EEPROM keeps it: its keys are wrapped.
struct StoredInformation: TLVMessage, TLVSequence {
  // SEQUENCE { information [0] PublicInformation, keys [1] OCTET STRING, receipt [2] Signed }
  static let tag: TLVTag = .sequence
  let information: PublicInformation
  let receipt: Signed<WriteReceipt>
  private var wrappedKeys: [UInt8]

  init(
    _ information: PublicInformation, keys: AuthenticationKeys, receipt: Signed<WriteReceipt>, place: String,
    vault: KeyVault, random: any RandomSource
  ) throws(KeyError) {
    (self.information, self.receipt) = (information, receipt)
    var writer = TLVWriter()
    writer.write(.sequence, keys)
    wrappedKeys = try vault.wrap(Secret(writer.bytes), context: place, random: random)
  }

  /// MSN-key and MSI-key.
  func keys(place: String, vault: KeyVault) throws -> AuthenticationKeys {
    try AuthenticationKeys(TLVElement(vault.unwrap(wrappedKeys, context: place).bytes))
  }

  /// The same under the current master key.
  func rewrapped(place: String, by vault: KeyVault, random: any RandomSource) throws(KeyError) -> StoredInformation {
    var rewrapped = self
    rewrapped.wrappedKeys =
      vault.isOutdated(wrappedKeys) ? try vault.rewrap(wrappedKeys, context: place, random: random) : wrappedKeys
    return rewrapped
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (information, wrappedKeys, receipt) = (try reader.read(0xA0), try reader.read(0x81), try reader.read(0xA2))
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, information)
    writer.write(0x81, wrappedKeys)
    writer.write(0xA2, receipt)
  }
}
