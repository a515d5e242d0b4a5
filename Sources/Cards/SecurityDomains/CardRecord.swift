import Bytes
import GlobalPlatform
import Identifiers
import TLV

/// What the card knows of itself.
struct CardRecord: TLVSequence, TLVMessage {
  static let tag: TLVTag = .sequence

  /// Issuer identification number (42).
  var issuer: [UInt8]
  /// Card image number (45).
  var image: [UInt8]
  var lifeCycle: CardLifeCycle
  /// Receipts made so far.
  var receipts: Int
  /// Key diversification data, 10 bytes.
  var diversificationData: [UInt8]

  init(issuer: [UInt8], image: [UInt8], diversificationData: [UInt8]) {
    (self.issuer, self.image, self.diversificationData) = (issuer, image, diversificationData)
    (lifeCycle, receipts) = (.opReady, 0)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (issuer, image) = (try reader.read(0x42), try reader.read(0x45))
    let state: [UInt8] = try reader.read(0x80)
    guard let lifeCycle = state.first.flatMap(CardLifeCycle.init) else { throw .invalid(0x80, "no life cycle state") }
    self.lifeCycle = lifeCycle
    receipts = try reader.read(0x81)
    diversificationData = try reader.read(0x82)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x42, issuer)
    writer.write(0x45, image)
    writer.write(0x80, [lifeCycle.rawValue])
    writer.write(0x81, receipts)
    writer.write(0x82, diversificationData)
  }
}

/// One line of the card's registry.
struct ObjectRecord: TLVSequence, TLVMessage {
  static let tag: TLVTag = .sequence

  enum Kind: Int, TLVEnumeration {
    case securityDomain = 1
    case loadFile = 2
    /// An application that shows a data package's files.
    case dataApplication = 3
    /// An application of the card's own.
    case moduleApplication = 4
  }

  var kind: Kind
  var aid: AID
  var lifeCycle: LifeCycle
  var privileges: Privileges
  /// The domain it belongs to; the issuer's own belongs to itself.
  var domain: Int
  /// The load file that an application comes from.
  var loadFile: AID?
  /// The module of an application, or the one in a load file.
  var module: AID?
  /// The version of a load file.
  var version: Int?
  /// The bytes that all content of a domain may take together.
  var quota: Int?
  /// The bytes that its content counts for.
  var size: Int

  /// What a line of the registry counts for beside its content.
  static let overhead = 128

  init(
    _ kind: Kind, aid: AID, lifeCycle: LifeCycle, privileges: Privileges = [], domain: Int, loadFile: AID? = nil,
    module: AID? = nil, version: Int? = nil, quota: Int? = nil, size: Int = 0
  ) {
    (self.kind, self.aid, self.lifeCycle, self.privileges) = (kind, aid, lifeCycle, privileges)
    (self.domain, self.loadFile, self.module, self.version) = (domain, loadFile, module, version)
    (self.quota, self.size) = (quota, size)
  }

  /// Whether it shows what a load file of this name holds.
  func isApplication(of file: AID) -> Bool { kind == .dataApplication && loadFile == file }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (kind, aid) = (try reader.read(0x80), try reader.read(0x4F))
    lifeCycle = LifeCycle(rawValue: UInt8(truncatingIfNeeded: try reader.read(0x81) as Int))
    privileges = Privileges(rawValue: UInt32(truncatingIfNeeded: try reader.read(0x82) as Int))
    domain = try reader.read(0x83)
    (loadFile, module) = (try reader.readIfPresent(0xC4), try reader.readIfPresent(0x84))
    (version, quota) = (try reader.readIfPresent(0x85), try reader.readIfPresent(0x86))
    size = try reader.read(0x87)
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, kind)
    writer.write(0x4F, aid)
    writer.write(0x81, Int(lifeCycle.rawValue))
    writer.write(0x82, Int(privileges.rawValue))
    writer.write(0x83, domain)
    writer.write(0xC4, loadFile)
    writer.write(0x84, module)
    writer.write(0x85, version)
    writer.write(0x86, quota)
    writer.write(0x87, size)
  }
}

/// A key of a domain: an AES key is wrapped for its place.
struct KeyRecord: TLVSequence, TLVMessage {
  static let tag: TLVTag = .sequence

  enum Kind: Int, TLVEnumeration {
    case aes = 0x88
    case point = 0xB0
  }

  var version: UInt8
  var identifier: UInt8
  var kind: Kind
  /// The length of an AES key.
  var length: Int
  /// The wrapped key, or the point.
  var value: [UInt8]

  init(version: UInt8, identifier: UInt8, kind: Kind, length: Int, value: [UInt8]) {
    (self.version, self.identifier, self.kind, self.length) = (version, identifier, kind, length)
    self.value = value
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    version = UInt8(truncatingIfNeeded: try reader.read(0x80) as Int)
    identifier = UInt8(truncatingIfNeeded: try reader.read(0x81) as Int)
    (kind, length, value) = (try reader.read(0x82), try reader.read(0x83), try reader.read(0x84))
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, Int(version))
    writer.write(0x81, Int(identifier))
    writer.write(0x82, kind)
    writer.write(0x83, length)
    writer.write(0x84, value)
  }
}
