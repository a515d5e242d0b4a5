import Identifiers
import TLV

/// A file's parameters as SELECT and STATUS give them and CREATE FILE takes them (ETSI TS 102 221 §11.1.1.3, FCP
/// template).
public struct FileControlParameters: TLVMessage, Hashable {
  public static let tag: TLVTag = 0x62

  /// 82: how the file is built.
  public var descriptor: FileDescriptor?
  /// 83: the identifier; in a package's ADF it is a temporary one.
  public var fileIdentifier: FileIdentifier?
  /// 84: an ADF's application identifier.
  public var dfName: AID?
  /// A5: what is proprietary.
  public var proprietary: ProprietaryInformation
  /// 8A: stage of life.
  public var lifeCycle: LifeCycleStatus?
  /// 8B, 8C or AB: who may do what.
  public var security: SecurityAttributes?
  /// 80: bytes of the file's body, without structural information.
  public var fileSize: Int?
  /// 81: bytes of the body and the structural information.
  public var totalFileSize: Int?
  /// 88: short identifier; nil stands for "the identifier's low five bits" (§8.3).
  public var shortFileIdentifier: ShortFileIdentifier?
  /// C6: a directory's PINs.
  public var pinStatus: PINStatusTemplate?
  /// C7: where the file that this one links to stands.
  public var linkPath: [FileIdentifier]?

  /// Nothing but what is given.
  public init(
    descriptor: FileDescriptor? = nil, fileIdentifier: FileIdentifier? = nil, dfName: AID? = nil,
    proprietary: ProprietaryInformation = .init(), lifeCycle: LifeCycleStatus? = nil,
    security: SecurityAttributes? = nil, fileSize: Int? = nil, totalFileSize: Int? = nil,
    shortFileIdentifier: ShortFileIdentifier? = nil, pinStatus: PINStatusTemplate? = nil,
    linkPath: [FileIdentifier]? = nil
  ) {
    (self.descriptor, self.fileIdentifier, self.dfName) = (descriptor, fileIdentifier, dfName)
    (self.proprietary, self.lifeCycle, self.security) = (proprietary, lifeCycle, security)
    (self.fileSize, self.totalFileSize, self.shortFileIdentifier) = (fileSize, totalFileSize, shortFileIdentifier)
    (self.pinStatus, self.linkPath) = (pinStatus, linkPath)
  }

  public init(_ element: TLVElement) throws(TLVError) {
    self.init()
    var seen: Set<TLVTag> = []
    for child in try element.children() {
      guard seen.insert(child.tag).inserted else { throw .invalid(child.tag, "stands twice in the file's parameters") }
      switch child.tag {
      case 0x82: descriptor = try FileDescriptor(child)
      case 0x83:
        guard let identifier = FileIdentifier(child.content) else {
          throw .invalid(child.tag, "a file identifier has two bytes")
        }
        fileIdentifier = identifier
      case 0x84: dfName = try AID(child)
      case 0xA5: proprietary = try ProprietaryInformation(child)
      case 0x8A: lifeCycle = try LifeCycleStatus(child)
      case 0x8B: security = .referenced(try AccessRuleReference(child))
      case 0x8C: security = .compact(Array(child.content))
      case 0xAB: security = .expanded(Array(child.content))
      case 0x80: fileSize = try child.number()
      case 0x81: totalFileSize = try child.number()
      case 0x88: shortFileIdentifier = try Self.shortFileIdentifier(child)
      case 0xC6: pinStatus = try PINStatusTemplate(child)
      case 0xC7: linkPath = FileIdentifier.path(child.content)
      default: break
      }
    }
  }

  private static func shortFileIdentifier(_ element: TLVElement) throws(TLVError) -> ShortFileIdentifier {
    guard let byte = element.content.first else { return .none }
    // §11.1.1.4.8: the SFI is coded from b8 to b4; b3, b2, b1 = 000.
    guard element.content.count == 1, byte & 0x07 == 0, byte >> 3 != 31 else {
      throw .invalid(element.tag, "a short file identifier is 0 to 30 in bits 8 to 4")
    }
    return byte == 0 ? .none : .number(byte >> 3)
  }

  /// In the order of §11.1.1.3: 82, 83, 84, A5, 8A, security, C6 or 80, 81, 88.
  public func encodeContent(to writer: inout TLVWriter) {
    writer.write(0x82, descriptor)
    writer.write(0x83, fileIdentifier?.bytes)
    writer.write(0x84, dfName)
    if !proprietary.isEmpty { writer.write(0xA5, proprietary) }
    writer.write(0x8A, lifeCycle)
    switch security {
    case .referenced(let reference): writer.write(0x8B, reference)
    case .compact(let bytes): writer.write(0x8C, bytes)
    case .expanded(let bytes): writer.write(0xAB, bytes)
    case nil: break
    }
    writer.write(0xC6, pinStatus)
    if let fileSize { writer.writeNumber(0x80, fileSize, atLeast: 2) }
    if let totalFileSize { writer.writeNumber(0x81, totalFileSize, atLeast: 2) }
    switch shortFileIdentifier {
    case ShortFileIdentifier.none?: writer.write(0x88, [UInt8]())
    case .number(let number)?: writer.write(0x88, [number << 3])
    case nil: break
    }
    writer.write(0xC7, linkPath?.flatMap(\.bytes))
  }
}
