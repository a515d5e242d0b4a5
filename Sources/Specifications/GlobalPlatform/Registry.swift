import APDU
import Identifiers
import TLV

/// GET STATUS (GlobalPlatform Card Specification 2.3 §11.4) and SET STATUS (§11.10).
public enum Registry {
  public static let getStatus: UInt8 = 0xF2
  public static let setStatus: UInt8 = 0xF0

  /// Which part of the registry GET STATUS tells: P1 (§11.4.2.1).
  public enum Part: UInt8, Sendable, CaseIterable {
    case issuerSecurityDomain = 0x80
    case applications = 0x40
    case loadFiles = 0x20
    case loadFilesAndModules = 0x10
  }

  /// GET STATUS for what begins with `aid`; `isNext` asks for what the last answer had no room for (6310).
  public static func status(of part: Part, aid: [UInt8] = [], isNext: Bool = false) -> Command {
    var writer = TLVWriter()
    writer.write(0x4F, aid)
    return Command(
      cla: 0x80, ins: getStatus, p1: part.rawValue, p2: isNext ? 0x03 : 0x02, data: writer.bytes, le: 256)
  }

  /// SET STATUS of the card (`scope` 80), or of an application or domain (40).
  public static func set(_ scope: UInt8, _ state: UInt8, aid: AID?) -> Command {
    Command(cla: 0x80, ins: setStatus, p1: scope, p2: state, data: aid?.bytes ?? [])
  }

  /// What the registry says of one object: GlobalPlatform registry related data (E3, table 11-36).
  public struct Entry: TLVSequence, TLVMessage, Hashable {
    public static let tag: TLVTag = 0xE3

    /// 4F.
    public var aid: AID
    /// 9F70.
    public var lifeCycle: UInt8
    /// C5; load files have none.
    public var privileges: Privileges?
    /// C4: the load file that an application comes from.
    public var loadFile: AID?
    /// CE: version of a load file, two bytes.
    public var version: [UInt8]?
    /// 84: the modules of a load file.
    public var modules: [AID]
    /// CC: the domain it belongs to.
    public var domain: AID?

    /// An entry.
    public init(
      aid: AID, lifeCycle: UInt8, privileges: Privileges? = nil, loadFile: AID? = nil, version: [UInt8]? = nil,
      modules: [AID] = [], domain: AID? = nil
    ) {
      (self.aid, self.lifeCycle, self.privileges, self.loadFile) = (aid, lifeCycle, privileges, loadFile)
      (self.version, self.modules, self.domain) = (version, modules, domain)
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      aid = try reader.read(0x4F)
      lifeCycle = try reader.element(0x9F70).oneByte()
      if let element = try reader.elementIfPresent(0xC5) {
        guard let privileges = Privileges(bytes: element.content) else {
          throw .invalid(element.tag, "privileges have 1 or 3 bytes")
        }
        self.privileges = privileges
      }
      loadFile = try reader.readIfPresent(0xC4)
      version = try reader.readIfPresent(0xCE)
      modules = []
      while let module: AID = try reader.readIfPresent(0x84) { modules.append(module) }
      domain = try reader.readIfPresent(0xCC)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x4F, aid)
      writer.write(0x9F70, [lifeCycle])
      writer.write(0xC5, privileges?.bytes)
      writer.write(0xC4, loadFile)
      writer.write(0xCE, version)
      for module in modules { writer.write(0x84, module) }
      writer.write(0xCC, domain)
    }
  }

  /// The entries in an answer of GET STATUS.
  public static func entries(_ data: [UInt8]) throws(CodingError) -> [Entry] {
    do {
      var reader = TLVReader(data)
      var entries: [Entry] = []
      while !reader.isAtEnd { entries.append(try reader.read()) }
      return entries
    } catch { throw CodingError("the registry's answer is malformed: \(error)") }
  }
}
