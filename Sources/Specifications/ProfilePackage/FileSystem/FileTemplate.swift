import Bytes
import UICC

/// A row of a file system template (Annex A): the file a profile gets where the package says nothing else.
public struct FileTemplate: Hashable, Sendable {
  /// What the file holds at first.
  public enum Content: Hashable, Sendable {
    /// `head`, its last byte as often as there is room, `tail`; in each record anew.
    case fill(head: [UInt8], tail: [UInt8])
    /// The pattern again and again; in each record anew.
    case repetition([UInt8])
    /// These bytes, then FF; in each record anew.
    case exact([UInt8])
  }

  /// How often the file is written.
  public enum UpdateActivity: Hashable, Sendable {
    case lowUpdate
    case highUpdate
  }

  /// What is created.
  public enum Kind: Hashable, Sendable {
    case mf
    case adf
    case df
    case ef(FileDescriptor.Structure)
  }

  /// What is created.
  public var kind: Kind
  /// The identifier; nil where the package gives it (ADFs, DF.EAP).
  public var identifier: FileIdentifier?
  /// The last identifier of a family of files, of which the package may create several.
  public var lastIdentifier: FileIdentifier?
  /// Size in bytes of a file without records; nil where the package gives it.
  public var size: Int?
  /// Number of records; nil where the package gives it.
  public var recordCount: Int?
  /// Bytes of a record; nil where the package gives it.
  public var recordLength: Int?
  /// Number of the access rule (§9.9): the record of EF.ARR.
  public var accessRule: UInt8?
  /// Short identifier; nil: none.
  public var shortIdentifier: UInt8?
  /// First contents; nil where the package gives them.
  public var content: Content?
  /// How often the file is written.
  public var activity: UpdateActivity = .lowUpdate

  /// Whether this is MF, ADF or DF.
  public var isDirectory: Bool { if case .ef = kind { false } else { true } }

  // MARK: Rows

  private init(_ kind: Kind, _ identifier: FileIdentifier?, arr: UInt8?) {
    (self.kind, self.identifier, accessRule) = (kind, identifier, arr)
  }

  private init(
    _ structure: FileDescriptor.Structure, _ identifier: FileIdentifier, _ last: FileIdentifier?, _ arr: UInt8?,
    _ sfi: UInt8?, _ content: Content?, _ activity: UpdateActivity
  ) {
    self.init(.ef(structure), identifier, arr: arr)
    (lastIdentifier, shortIdentifier, self.content, self.activity) = (last, sfi, content, activity)
  }

  static func mf(arr: UInt8) -> FileTemplate { FileTemplate(.mf, .mf, arr: arr) }
  static func adf(arr: UInt8) -> FileTemplate { FileTemplate(.adf, nil, arr: arr) }
  static func df(_ identifier: FileIdentifier?, arr: UInt8) -> FileTemplate { FileTemplate(.df, identifier, arr: arr) }

  static func transparent(
    _ identifier: FileIdentifier, last: FileIdentifier? = nil, _ size: Int?, arr: UInt8? = nil, sfi: UInt8? = nil,
    _ content: Content? = nil, _ activity: UpdateActivity = .lowUpdate
  ) -> FileTemplate {
    var row = FileTemplate(.transparent, identifier, last, arr, sfi, content, activity)
    row.size = size
    return row
  }

  static func linear(
    _ identifier: FileIdentifier, last: FileIdentifier? = nil, _ records: Int?, _ length: Int?, arr: UInt8? = nil,
    sfi: UInt8? = nil, _ content: Content? = nil, _ activity: UpdateActivity = .lowUpdate
  ) -> FileTemplate {
    var row = FileTemplate(.linearFixed, identifier, last, arr, sfi, content, activity)
    (row.recordCount, row.recordLength) = (records, length)
    return row
  }

  static func cyclic(
    _ identifier: FileIdentifier, _ records: Int?, _ length: Int?, arr: UInt8? = nil, sfi: UInt8? = nil,
    _ content: Content? = nil, _ activity: UpdateActivity = .lowUpdate
  ) -> FileTemplate {
    var row = FileTemplate(.cyclic, identifier, nil, arr, sfi, content, activity)
    (row.recordCount, row.recordLength) = (records, length)
    return row
  }

  static func berTLV(_ identifier: FileIdentifier, arr: UInt8, sfi: UInt8? = nil) -> FileTemplate {
    FileTemplate(.berTLV, identifier, nil, arr, sfi, nil, .lowUpdate)
  }
}

/// "07FF.." fills with the last byte, "FF..07" has an end besides, "(FFFFFF0000)" repeats, "0A" stands for itself.
extension FileTemplate.Content: ExpressibleByStringLiteral {
  public init(stringLiteral text: String) {
    func bytes(_ part: some StringProtocol) -> [UInt8] {
      guard let bytes = try? [UInt8](hex: part) else { preconditionFailure("template content \(text)") }
      return bytes
    }
    if let range = text.firstRange(of: "..") {
      self = .fill(head: bytes(text[..<range.lowerBound]), tail: bytes(text[range.upperBound...]))
    } else if text.hasPrefix("(") {
      self = .repetition(bytes(text.dropFirst().dropLast()))
    } else {
      self = .exact(bytes(text))
    }
  }

  /// The contents of a file, or of one record, of `size` bytes.
  ///
  /// §9.1: a pattern is applied to the size the file has; other contents are truncated, or padded with FF.
  public func expanded(to size: Int) -> [UInt8] {
    switch self {
    case .fill(let head, let tail):
      let room = max(0, size - head.count - tail.count)
      return Array((head + [UInt8](repeating: head.last ?? 0xFF, count: room) + tail).prefix(size))
    case .repetition(let pattern):
      return pattern.isEmpty ? [UInt8](repeating: 0xFF, count: size) : (0..<size).map { pattern[$0 % pattern.count] }
    case .exact(let bytes):
      return Array((bytes + [UInt8](repeating: 0xFF, count: max(0, size - bytes.count))).prefix(size))
    }
  }
}
