import Bytes
import TLV

extension PE {
  /// PE-GenericFileManagement ::= SEQUENCE { gfm-header PEHeader,
  ///   fileManagementCMD SEQUENCE OF FileManagement }: files of no template (§8.3.5)
  public struct GenericFileManagement: KnownElement, TLVSequence, Hashable {
    public static let name = "genericFileManagement"
    public static let number: UInt32 = 1

    private var peHeader: PEHeader
    /// The commands, each a list of steps; one follows where the last one stopped.
    public var fileManagementCMD: [FileManagement]
    /// Fields of later versions.
    public var laterFields = LaterFields()

    /// An element of ours.
    public init(_ identification: Int, _ items: [FileManagement.Item]) {
      (peHeader, fileManagementCMD) = (PEHeader(identification), [FileManagement(items)])
    }

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      fileManagementCMD = try reader.read(0xA1)
      laterFields = try reader.laterFields(from: 2)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0xA1, fileManagementCMD)
      writer.write(laterFields)
    }
  }
}

/// FileManagement ::= SEQUENCE OF CHOICE { filePath [0] OCTET STRING, createFCP [APPLICATION 2] Fcp,
///   fillFileOffset UInt16, fillFileContent [1] OCTET STRING }
public struct FileManagement: TLVMessage, Hashable {
  public static let tag: TLVTag = .sequence

  /// One step.
  public enum Item: Hashable, Sendable {
    /// Selects a directory or file by its path from the MF, two bytes a step; no bytes select the MF.
    case filePath([UInt8])
    /// Creates a file in the selected directory and selects it.
    case createFCP(Fcp)
    /// Moves the place where contents go, relative to the end of the last contents.
    case fillFileOffset(Int)
    /// Contents of the selected file, from the current place on.
    case fillFileContent([UInt8])
  }

  /// The steps in order.
  public var items: [Item]

  /// The given steps.
  public init(_ items: [Item]) { self.items = items }

  public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    items = []
    while !reader.isAtEnd {
      let item = try reader.element()
      switch item.tag {
      case 0x80: items.append(.filePath(Array(item.content)))
      case 0x62: items.append(.createFCP(try Fcp(item)))
      case .integer: items.append(.fillFileOffset(try item.uInt16()))
      case 0x81: items.append(.fillFileContent(Array(item.content)))
      default: throw .invalid(item.tag, "is no part of a FileManagement")
      }
    }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    for item in items {
      switch item {
      case .filePath(let path): writer.write(0x80, path)
      case .createFCP(let fcp): writer.write(0x62, fcp)
      case .fillFileOffset(let offset): writer.write(.integer, offset)
      case .fillFileContent(let content): writer.write(0x81, content)
      }
    }
  }
}
