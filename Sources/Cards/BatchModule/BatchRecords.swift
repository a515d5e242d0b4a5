import APDU
import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureElement
import SecureMessages
import TLV

/// The module's EEPROM, read and written within one command.
struct BatchRecords {
  static let area = MemoryArea.application(12)
  private static let firstEntry: UInt32 = 100
  private let memory: MemoryTransaction

  init(_ memory: MemoryTransaction) { self.memory = memory }

  static var identityKey: MemoryKey { MemoryKey(area, 1) }
  static func isEntry(_ key: MemoryKey) -> Bool { key.item >= firstEntry }
  private static var batchKey: MemoryKey { MemoryKey(area, 2) }
  private static func key(_ index: Int) -> MemoryKey { MemoryKey(area, firstEntry + UInt32(clamping: index)) }

  /// Whose module it is; nil on a card that was never made one.
  var identity: StoredIdentity? { memory.read(Self.identityKey).flatMap { try? StoredIdentity(encoded: $0) } }

  /// The batch in hand.
  var batch: StoredBatch? {
    get { memory.read(Self.batchKey).flatMap { try? StoredBatch(encoded: $0) } }
    nonmutating set {
      if let newValue { memory.write(Self.batchKey, newValue.encoded) } else { memory.remove(Self.batchKey) }
    }
  }

  subscript(index: Int) -> StoredID? {
    get { memory.read(Self.key(index)).flatMap { try? StoredID(encoded: $0) } }
    nonmutating set {
      if let newValue { memory.write(Self.key(index), newValue.encoded) } else { memory.remove(Self.key(index)) }
    }
  }

  /// The batch's IDs, in their order.
  func entries(of batch: StoredBatch) -> [StoredID] { (0..<batch.count).compactMap { self[$0] } }

  func removeEntries() {
    for key in memory.keys(in: Self.area) where Self.isEntry(key) { memory.remove(key) }
  }
}

/// Whose module it is, with its key.
struct BatchIdentity {
  let carrier: KnownParty
  let key: PrivateKey
  /// The module as the carrier addresses it.
  var holder: KeyHolder { KeyHolder(.batchModule(key.publicKey), key: key) }
}

/// The same as the memory keeps it.
struct StoredIdentity: TLVMessage, TLVSequence {
  // SEQUENCE { carrier [0] Party, carrierKey [1] OCTET STRING, key [2] OCTET STRING }
  static let tag: TLVTag = .sequence
  static let place = "batch module key"
  let carrier: Party
  private let carrierKey: [UInt8]
  private var wrappedKey: [UInt8]

  init(carrier: KnownParty, key: PrivateKey, vault: KeyVault, random: any RandomSource) throws(KeyError) {
    (self.carrier, carrierKey) = (carrier.party, carrier.key.point)
    wrappedKey = try vault.wrap(key.scalar, context: Self.place, random: random)
  }

  /// The same under the current master key.
  func rewrapped(by vault: KeyVault, random: any RandomSource) throws(KeyError) -> StoredIdentity {
    var rewrapped = self
    rewrapped.wrappedKey =
      vault.isOutdated(wrappedKey) ? try vault.rewrap(wrappedKey, context: Self.place, random: random) : wrappedKey
    return rewrapped
  }

  func opened(_ vault: KeyVault) throws(KeyError) -> BatchIdentity {
    BatchIdentity(
      carrier: KnownParty(carrier, key: try PublicKey(.p256, point: carrierKey)),
      key: try PrivateKey(.p256, scalar: vault.unwrap(wrappedKey, context: Self.place).bytes))
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (carrier, carrierKey, wrappedKey) = (try reader.read(0x80), try reader.read(0x81), try reader.read(0x82))
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, carrier)
    writer.write(0x81, carrierKey)
    writer.write(0x82, wrappedKey)
  }
}

/// The batch in hand, without its IDs.
struct StoredBatch: TLVMessage, TLVSequence {
  // SEQUENCE { supply [0] BatchSupply (without IDs), number [1] INTEGER, count [2] INTEGER, isClosed [3] INTEGER }
  static let tag: TLVTag = .sequence
  private let supply: BatchSupply
  let number: Int
  let count: Int
  var isClosed: Bool

  var certificate: Signed<BatchKey> { supply.certificate }
  var pattern: [UInt8] { supply.pattern }
  var makers: [KnownParty] { supply.makers }
  var approvals: [Signed<ModelApproval>] { supply.approvals }

  init(_ supply: BatchSupply, number: Int) {
    self.supply = BatchSupply(
      certificate: supply.certificate, pattern: supply.pattern, makers: supply.makers, approvals: supply.approvals,
      ids: [])
    (self.number, count, isClosed) = (number, supply.ids.count, false)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (supply, number) = (try reader.read(0xA0), try reader.read(0x81))
    (count, isClosed) = (try reader.read(0x82), try reader.read(0x83, as: Int.self) == 1)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, supply)
    writer.write(0x81, number)
    writer.write(0x82, count)
    writer.write(0x83, isClosed ? 1 : 0)
  }
}

/// An ID of the batch: its keys are wrapped, and what became of it stands beside it.
struct StoredID: TLVMessage, TLVSequence {
  // SEQUENCE { name [0] Challenge, number [1] UTF8String, imsi [2] UTF8String, keys [3] OCTET STRING,
  //   use [4] SEQUENCE { rdm [0] Challenge, entry [1] Use } OPTIONAL }
  static let tag: TLVTag = .sequence
  let name: RegistrationName
  let number: String
  let imsi: IMSI
  private var wrappedKeys: [UInt8]
  var use: Use?

  /// For which RDM of which module.
  struct Use: TLVSequence {
    let rdm: Challenge
    var entry: BatchEntry.Use

    init(rdm: Challenge, entry: BatchEntry.Use) { (self.rdm, self.entry) = (rdm, entry) }
    init(fields reader: inout TLVReader) throws(TLVError) {
      (rdm, entry) = (try reader.read(0x80), try reader.read(0xA1))
    }
    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, rdm)
      writer.write(0xA1, entry)
    }
  }

  init(_ id: PreparedID, vault: KeyVault, random: any RandomSource) throws(KeyError) {
    (name, number, imsi) = (id.name, id.number, id.imsi)
    var writer = TLVWriter()
    writer.write(.sequence, id.keys)
    wrappedKeys = try vault.wrap(Secret(writer.bytes), context: Self.place(id.name), random: random)
  }

  private static func place(_ name: RegistrationName) -> String { "batch module ID \(name)" }

  /// The same under the current master key.
  func rewrapped(by vault: KeyVault, random: any RandomSource) throws(KeyError) -> StoredID {
    var rewrapped = self
    rewrapped.wrappedKeys =
      vault.isOutdated(wrappedKeys)
      ? try vault.rewrap(wrappedKeys, context: Self.place(name), random: random) : wrappedKeys
    return rewrapped
  }

  func keys(_ vault: KeyVault) throws -> AuthenticationKeys {
    try AuthenticationKeys(TLVElement(vault.unwrap(wrappedKeys, context: Self.place(name)).bytes))
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (name, number) = (try reader.read(0x80), try reader.read(0x81))
    let digits: String = try reader.read(0x82)
    do { imsi = try IMSI(digits) } catch { throw .invalid(0x82, "\(error)") }
    (wrappedKeys, use) = (try reader.read(0x83), try reader.readIfPresent(0xA4))
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0x81, number)
    writer.write(0x82, imsi.digits)
    writer.write(0x83, wrappedKeys)
    writer.write(0xA4, use)
  }
}

extension BatchSigner {
  /// Makes a carrier's module out of a blank card: `key` is KD_B, which never leaves it. Refused where one is already.
  public static func make(
    carrier: KnownParty, key: PrivateKey, on memory: any CardMemory, vault: KeyVault, random: any RandomSource
  ) throws {
    guard memory.map[BatchRecords.identityKey] == nil else { throw BatchModuleMakingError.alreadyMade }
    let stored = try StoredIdentity(carrier: carrier, key: key, vault: vault, random: random)
    try memory.commit([.set(BatchRecords.identityKey, stored.encoded)])
  }

  /// The application for a card.
  public static func maker(vault: KeyVault) -> ApplicationMaker { { BatchSigner(vault: vault) } }
}

/// Why no carrier's module is made.
public enum BatchModuleMakingError: Error, Equatable, CustomStringConvertible {
  /// The memory holds one already.
  case alreadyMade

  public var description: String { "this memory holds a carrier's module already: take another place for a new one" }
}
