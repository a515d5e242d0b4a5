import Bytes
import TLV

/// How a file is built: tag 82 (ETSI TS 102 221 §11.1.1.4.3).
public struct FileDescriptor: TLVContent, Hashable {
  /// What kind of file it is.
  public enum Structure: Hashable, Sendable {
    /// MF, DF or ADF.
    case directory
    /// A row of bytes.
    case transparent
    /// Records of one length.
    case linearFixed
    /// Records of one length in a ring, the newest first.
    case cyclic
    /// Data objects found by their tags.
    case berTLV
    /// Only in a link file's own parameters: the target tells.
    case unknown
  }

  /// Kind of file.
  public var structure: Structure
  /// Whether several logical channels may use the file at once.
  public var isShareable: Bool
  /// Whether the card alone interprets the file (an internal EF).
  public var isInternal: Bool
  /// Bytes of a record, for the two structures with records.
  public var recordLength: Int?
  /// Number of records; a package leaves it out where the file's size tells.
  public var recordCount: Int?

  /// A working file's descriptor; record length up to 65,535 bytes, count up to 255.
  public init(
    _ structure: Structure, isShareable: Bool = true, isInternal: Bool = false, recordLength: Int? = nil,
    recordCount: Int? = nil
  ) {
    (self.structure, self.isShareable, self.isInternal) = (structure, isShareable, isInternal)
    (self.recordLength, self.recordCount) = (recordLength, recordCount)
  }

  /// Whether the file consists of records.
  public var hasRecords: Bool { structure == .linearFixed || structure == .cyclic }

  public init(_ element: TLVElement) throws(TLVError) {
    let bytes = Array(element.content)
    guard (2...5).contains(bytes.count) else { throw .invalid(element.tag, "a file descriptor has 2 to 5 bytes") }
    // Table 11.5: b8 = 0, b7 shareable, b6–b4 type of file, b3–b1 structure.
    let first = bytes[0]
    guard first & 0x80 == 0 else { throw .invalid(element.tag, "a proprietary file descriptor byte") }
    isShareable = first & 0x40 != 0
    isInternal = first & 0x38 == 0x08
    switch first & 0x3F {
    case 0x38: structure = .directory
    case 0x39: structure = .berTLV
    case 0x01, 0x09: structure = .transparent
    case 0x02, 0x0A: structure = .linearFixed
    case 0x06, 0x0E: structure = .cyclic
    case 0x00: structure = .unknown
    default: throw .invalid(element.tag, "an unknown file structure")
    }
    let (recorded, count) = (structure == .linearFixed || structure == .cyclic, bytes.count)
    if recorded {
      guard count >= 4 else { throw .invalid(element.tag, "the record length is missing") }
      recordLength = Int(bytes[2]) << 8 | Int(bytes[3])
      recordCount = count == 5 ? Int(bytes[4]) : nil
      guard recordLength != 0, recordCount != 0 else { throw .invalid(element.tag, "records of no length or number") }
    } else {
      guard count == 2 else { throw .invalid(element.tag, "a record length for a file without records") }
    }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    var first: UInt8 = isShareable ? 0x40 : 0
    switch structure {
    case .directory: first |= 0x38
    case .transparent: first |= 0x01
    case .linearFixed: first |= 0x02
    case .cyclic: first |= 0x06
    case .berTLV: first |= 0x39
    case .unknown: break
    }
    if isInternal, structure != .berTLV, structure != .directory { first |= 0x08 }
    // §11.1.1.4.3: the data coding byte is '21'.
    var bytes = [first, 0x21]
    if hasRecords, let recordLength {
      bytes += UInt16(truncatingIfNeeded: recordLength).bigEndianBytes
      if let recordCount { bytes.append(UInt8(clamping: recordCount)) }
    }
    writer.append(encoded: bytes)
  }
}
