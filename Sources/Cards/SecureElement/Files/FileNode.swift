import Identifiers
import TLV
import UICC

/// One file of a file system, without its contents.
public struct FileNode: Hashable, Sendable {
  /// What CREATE FILE was given, completed: identifier, structure, size, access rule.
  public internal(set) var parameters: FileControlParameters
  /// The directory it stands in; the MF is its own.
  public internal(set) var parent: FileNumber
  /// The file whose body (or whose files) this one shows, for a link.
  var link: FileNumber?
  /// The directory whose local PINs this one shares.
  var pinSource: FileNumber?
  /// The ADF whose authentication parameters and sequence numbers this one shares.
  var authenticationSource: FileNumber?

  /// The identifier; an ADF's is the temporary one of its profile package.
  public var identifier: FileIdentifier { parameters.fileIdentifier ?? 0xFFFF }
  /// An ADF's application identifier.
  public var aid: AID? { parameters.dfName }
  /// How the file is built.
  public var structure: FileDescriptor.Structure { parameters.descriptor?.structure ?? .unknown }
  /// Whether this is MF, DF or ADF.
  public var isDirectory: Bool { structure == .directory }
  /// Bytes of the body.
  public var size: Int { parameters.fileSize ?? 0 }
  /// Bytes of a record; 0 where there are none.
  public var recordLength: Int { parameters.descriptor?.recordLength ?? 0 }
  /// Number of records.
  public var recordCount: Int { recordLength == 0 ? 0 : size / recordLength }
  /// The short identifier, 1 to 30.
  public var shortFileIdentifier: UInt8? {
    if case .number(let number)? = parameters.shortFileIdentifier { number } else { nil }
  }

  /// What the body holds until something is written (ETSI TS 102 222 §6.3.2.2.1).
  var initialContent: [UInt8] {
    guard structure != .berTLV else { return [] }
    guard recordLength > 0 else { return Self.fill(parameters.proprietary, size) }
    let record = Self.fill(parameters.proprietary, recordLength)
    return (0..<recordCount).flatMap { _ in record }
  }

  private static func fill(_ information: ProprietaryInformation, _ size: Int) -> [UInt8] {
    if let pattern = information.fillPattern, let last = pattern.last {
      return Array(pattern.prefix(size)) + [UInt8](repeating: last, count: max(0, size - pattern.count))
    }
    if let pattern = information.repeatPattern, !pattern.isEmpty {
      return (0..<size).map { pattern[$0 % pattern.count] }
    }
    return [UInt8](repeating: 0xFF, count: size)
  }
}

/// SEQUENCE { parent INTEGER, [0] link INTEGER OPTIONAL, [1] pinSource INTEGER OPTIONAL,
/// [2] authenticationSource INTEGER OPTIONAL, parameters }
extension FileNode: TLVSequence, TLVMessage {
  public static let tag: TLVTag = .sequence

  public init(fields reader: inout TLVReader) throws(TLVError) {
    parent = FileNumber(try reader.read(.integer))
    link = try reader.readIfPresent(0x80, as: Int.self).map(FileNumber.init)
    pinSource = try reader.readIfPresent(0x81, as: Int.self).map(FileNumber.init)
    authenticationSource = try reader.readIfPresent(0x82, as: Int.self).map(FileNumber.init)
    parameters = try reader.read()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.integer, parent.index)
    writer.write(0x80, link?.index)
    writer.write(0x81, pinSource?.index)
    writer.write(0x82, authenticationSource?.index)
    writer.write(parameters)
  }
}
