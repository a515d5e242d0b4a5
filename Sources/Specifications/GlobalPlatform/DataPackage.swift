import Bytes
import Identifiers
import TLV
import UICC

/// A load file data block of this platform: files instead of code, which an application shows after SELECT.
///
/// No standard has it: GlobalPlatform leaves the load file data block to the card's platform (§11.6.2.3).
///
/// ```
/// DataPackage ::= [APPLICATION 13] SEQUENCE { module [APPLICATION 15] AID, version [14] OCTET STRING (SIZE(2)),
///   files SEQUENCE OF SEQUENCE { identifier [3], shortIdentifier [8] OPTIONAL, accessRule [12], content [19] } }
/// ```
public struct DataPackage: TLVSequence, TLVMessage, Hashable {
  public static let tag: TLVTag = 0x6D
  /// The most files that a package holds.
  public static let fileLimit = 64

  /// A transparent file.
  public struct File: TLVSequence, TLVMessage, Hashable {
    public static let tag: TLVTag = .sequence

    /// Its identifier.
    public var identifier: FileIdentifier
    /// Its short identifier, 1 to 30.
    public var shortIdentifier: UInt8?
    /// Who may read it and write it, in the expanded format of ETSI TS 102 221 §9.2.4.
    public var accessRule: [UInt8]
    /// What it holds.
    public var content: [UInt8]

    /// Reading always, writing never.
    public static let readable: [UInt8] = [0x80, 0x01, 0x01, 0x90, 0x00]

    /// A file.
    public init(
      _ identifier: FileIdentifier, shortIdentifier: UInt8? = nil, accessRule: [UInt8] = Self.readable,
      content: [UInt8]
    ) {
      (self.identifier, self.shortIdentifier) = (identifier, shortIdentifier)
      (self.accessRule, self.content) = (accessRule, content)
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      let name = try reader.element(0x83)
      guard let identifier = FileIdentifier(name.content) else { throw .invalid(name.tag, "two bytes are wanted") }
      self.identifier = identifier
      if let short = try reader.elementIfPresent(0x88) {
        let number = try short.oneByte()
        guard (1...30).contains(number) else { throw .invalid(short.tag, "a short identifier is 1 to 30") }
        shortIdentifier = number
      }
      accessRule = try reader.read(0x8C)
      _ = try AccessRule(accessRule)
      content = try reader.read(0x93)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x83, identifier.bytes)
      writer.write(0x88, shortIdentifier.map { [$0] })
      writer.write(0x8C, accessRule)
      writer.write(0x93, content)
    }
  }

  /// What INSTALL [for install] names.
  public var module: AID
  /// Major and minor version, two bytes.
  public var version: UInt16
  /// The files.
  public var files: [File]

  /// A package.
  public init(module: AID, version: UInt16, files: [File]) {
    (self.module, self.version, self.files) = (module, version, files)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    module = try reader.read(0x4F)
    let number = try reader.element(0xCE)
    guard number.content.count == 2, let version = UInt16(bigEndian: number.content) else {
      throw .invalid(number.tag, "a version has 2 bytes")
    }
    self.version = version
    files = try reader.read(0x30)
    guard files.count <= Self.fileLimit, Set(files.map(\.identifier)).count == files.count else {
      throw .invalid(0x30, "at most \(Self.fileLimit) files are wanted, each with an identifier of its own")
    }
    let short = files.compactMap(\.shortIdentifier)
    guard Set(short).count == short.count else { throw .invalid(0x88, "two files have one short identifier") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x4F, module)
    writer.write(0xCE, bytes: version.bigEndianBytes)
    writer.write(0x30, files)
  }
}
