import Bytes
import Identifiers
import TLV
import UICC

/// File ::= SEQUENCE OF CHOICE { doNotCreate NULL, fileDescriptor Fcp, fillFileOffset UInt16,
///   fillFileContent OCTET STRING } (§8.3.2)
public struct File: TLVContent, Hashable {
  /// One step in making the file.
  public enum Item: Hashable, Sendable {
    /// The template's file is not wanted.
    case doNotCreate
    /// What differs from the template; a second one begins a second file of the same kind.
    case fileDescriptor(Fcp)
    /// Moves the place where contents go, relative to the end of the last contents.
    case fillFileOffset(Int)
    /// Contents, from the current place on.
    case fillFileContent([UInt8])
  }

  /// The steps in order; none at all asks for the template's file as it is.
  public var items: [Item]

  /// A file of the given steps.
  public init(_ items: [Item]) { self.items = items }

  /// The template's file, which differs from it in `fcp`, and whose contents begin with `content`.
  public init(_ fcp: Fcp? = nil, content: [UInt8]? = nil) {
    items = (fcp.map { [.fileDescriptor($0)] } ?? []) + (content.map { [.fillFileContent($0)] } ?? [])
  }

  /// The (first) file's parameters, where they differ from the template's.
  public var fcp: Fcp? {
    get {
      for case .fileDescriptor(let fcp) in items { return fcp }
      return nil
    }
    set {
      let index = items.firstIndex { if case .fileDescriptor = $0 { true } else { false } }
      if let index { items.remove(at: index) }
      if let newValue { items.insert(.fileDescriptor(newValue), at: index ?? 0) }
    }
  }

  /// Replaces all contents by `content` from the file's beginning; parameters stay.
  public mutating func setContent(_ content: [UInt8]) {
    items = items.filter { if case .fileDescriptor = $0 { true } else { false } } + [.fillFileContent(content)]
  }

  public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    items = []
    while !reader.isAtEnd {
      let item = try reader.element()
      switch item.tag {
      case 0x80:
        _ = try Null(item)
        items.append(.doNotCreate)
      case 0xA1: items.append(.fileDescriptor(try Fcp(item)))
      case 0x82: items.append(.fillFileOffset(try item.uInt16()))
      case 0x83: items.append(.fillFileContent(Array(item.content)))
      default: throw .invalid(item.tag, "is no part of a File")
      }
    }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    for item in items {
      switch item {
      case .doNotCreate: writer.write(0x80, Null())
      case .fileDescriptor(let fcp): writer.write(0xA1, fcp)
      case .fillFileOffset(let offset): writer.write(0x82, offset)
      case .fillFileContent(let content): writer.write(0x83, content)
      }
    }
  }
}

extension TLVElement {
  /// A UInt16 of the specification.
  func uInt16() throws(TLVError) -> Int {
    let value = try Int(self)
    guard (0...0xFFFF).contains(value) else { throw .invalid(tag, "\(value) is not within 0 to 65535") }
    return value
  }
}

/// Fcp ::= SEQUENCE { fileDescriptor [2], fileID [3], dfName [4], lcsi [10], securityAttributesReferenced [11],
///   efFileSize [0], pinStatusTemplateDO [PRIVATE 6], shortEFID [8], proprietaryEFInfo [5], linkPath [PRIVATE 7] }:
/// all optional (§8.3.2)
public struct Fcp: TLVSequence, Hashable {
  /// Descriptor byte, data coding byte, and two bytes of record length for records (ETSI TS 102 222 §6.3.2.2.2).
  public var fileDescriptor: [UInt8]?
  /// The file's identifier; an ADF's is temporary and serves in paths of the package only.
  public var fileID: FileIdentifier?
  /// An ADF's application identifier.
  public var dfName: AID?
  /// Stage of life; nil stands for 05, activated.
  public var lcsi: [UInt8]?
  /// Record of an EF.ARR (one byte), with the EF.ARR's identifier before it (three).
  public var securityAttributesReferenced: [UInt8]?
  /// Size in bytes, in the fewest bytes.
  public var efFileSize: [UInt8]?
  /// The PINs of a directory: their key references, one byte each.
  public var pinStatusTemplateDO: [UInt8]?
  /// Short identifier in bits 8 to 4; no bytes: none; nil: the template's, or the identifier's low five bits.
  public var shortEFID: [UInt8]?
  /// Update frequency, fill pattern, BER-TLV parameters.
  public var proprietaryEFInfo: ProprietaryInfo?
  /// The file that this one shows, two bytes for each step from the MF.
  public var linkPath: [UInt8]?

  /// Nothing given.
  public init() {}

  /// The size in bytes.
  public var fileSize: Int? {
    get { efFileSize.flatMap { Int(bigEndian: $0) } }
    set { efFileSize = newValue.map(Self.minimal) }
  }

  /// The fewest bytes for a size.
  static func minimal(_ size: Int) -> [UInt8] {
    let bytes = Array(UInt32(clamping: size).bigEndianBytes.drop { $0 == 0 })
    return bytes.isEmpty ? [0] : bytes
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    fileDescriptor = try reader.readIfPresent(0x82)
    fileID = try reader.fileIdentifierIfPresent(0x83)
    dfName = try reader.readIfPresent(0x84)
    lcsi = try reader.readIfPresent(0x8A)
    securityAttributesReferenced = try reader.readIfPresent(0x8B)
    efFileSize = try reader.readIfPresent(0x80)
    pinStatusTemplateDO = try reader.readIfPresent(0xC6)
    shortEFID = try reader.readIfPresent(0x88)
    proprietaryEFInfo = try reader.readIfPresent(0xA5)
    linkPath = try reader.readIfPresent(0xC7)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x82, fileDescriptor)
    writer.write(0x83, fileID?.bytes)
    writer.write(0x84, dfName)
    writer.write(0x8A, lcsi)
    writer.write(0x8B, securityAttributesReferenced)
    writer.write(0x80, efFileSize)
    writer.write(0xC6, pinStatusTemplateDO)
    writer.write(0x88, shortEFID)
    writer.write(0xA5, proprietaryEFInfo)
    writer.write(0xC7, linkPath)
  }
}

extension TLVReader {
  fileprivate mutating func fileIdentifierIfPresent(_ tag: TLVTag) throws(TLVError) -> FileIdentifier? {
    guard let element = try elementIfPresent(tag) else { return nil }
    guard let identifier = FileIdentifier(element.content) else {
      throw .invalid(tag, "a file identifier has two bytes")
    }
    return identifier
  }
}

/// ProprietaryInfo ::= SEQUENCE { specialFileInformation [PRIVATE 0] DEFAULT '00'H, fillPattern [PRIVATE 1] OPTIONAL,
///   repeatPattern [PRIVATE 2] OPTIONAL, maximumFileSize [6] OPTIONAL, fileDetails [4] DEFAULT '01'H }
public struct ProprietaryInfo: TLVSequence, Hashable {
  /// Bit 8: high update frequency; bit 7: readable and updatable while deactivated; nil stands for 00.
  public var specialFileInformation: [UInt8]?
  /// First contents: the pattern once, its last byte repeated to the end.
  public var fillPattern: [UInt8]?
  /// First contents: the pattern again and again.
  public var repeatPattern: [UInt8]?
  /// Largest size of a BER-TLV file.
  public var maximumFileSize: [UInt8]?
  /// Coding of a BER-TLV file; nil stands for 01, DER.
  public var fileDetails: [UInt8]?

  /// Nothing given.
  public init(fillPattern: [UInt8]? = nil, repeatPattern: [UInt8]? = nil) {
    (self.fillPattern, self.repeatPattern) = (fillPattern, repeatPattern)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    specialFileInformation = try reader.readIfPresent(0xC0)
    fillPattern = try reader.readIfPresent(0xC1)
    repeatPattern = try reader.readIfPresent(0xC2)
    maximumFileSize = try reader.readIfPresent(0x86)
    fileDetails = try reader.readIfPresent(0x84)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xC0, specialFileInformation)
    writer.write(0xC1, fillPattern)
    writer.write(0xC2, repeatPattern)
    writer.write(0x86, maximumFileSize)
    writer.write(0x84, fileDetails)
  }
}
