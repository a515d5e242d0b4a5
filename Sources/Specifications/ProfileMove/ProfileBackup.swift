import Bytes
import Identifiers
import SecureMessages
import TLV

/// The backup of a profile (steps 535 and 540), which the secure element signs and seals to the provider (*ours*: signs).
public struct ProfileBackup: FreshBody, Hashable {
  // ProfileBackup ::= SEQUENCE { profile [0] OCTET STRING, eid [1] OCTET STRING, files [2] SEQUENCE OF BackedUpFile,
  //   leftOut [3] SEQUENCE OF LeftOut, keys [4] SEQUENCE { k [0] OCTET STRING, opc [1] OCTET STRING } OPTIONAL }
  public static let messageType = "D.ProfileBackup"

  /// The most bytes that its files may have together.
  public static let limit = 48 * 1024

  /// The profile identifier.
  public let iccid: ICCID
  /// The secure element that made it.
  public let eid: EID
  /// The files with what was in them.
  public let files: [BackedUpFile]
  /// What was asked for and is not in it.
  public let leftOut: [LeftOut]
  /// K and OPc, where they were asked for and allowed.
  public let keys: Keys?

  /// The keys of the first USIM.
  public struct Keys: Hashable, Sendable {
    public let k: Secret
    public let opc: Secret

    /// Both.
    public init(k: Secret, opc: Secret) { (self.k, self.opc) = (k, opc) }
  }

  /// All fields.
  public init(iccid: ICCID, eid: EID, files: [BackedUpFile], leftOut: [LeftOut], keys: Keys?) {
    (self.iccid, self.eid, self.files, self.leftOut, self.keys) = (iccid, eid, files, leftOut, keys)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    iccid = try reader.read(0x80)
    eid = try reader.read(0x81)
    files = try reader.read(0xA2)
    leftOut = try reader.read(0xA3)
    guard let pair = try reader.elementIfPresent(0xA4) else {
      keys = nil
      return
    }
    var fields = try pair.reader()
    keys = Keys(k: Secret(try fields.read(0x80)), opc: Secret(try fields.read(0x81)))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, iccid)
    writer.write(0x81, eid)
    writer.write(0xA2, files)
    writer.write(0xA3, leftOut)
    guard let keys else { return }
    writer.write(0xA4) { writer in
      writer.write(0x80, bytes: keys.k.bytes)
      writer.write(0x81, bytes: keys.opc.bytes)
    }
  }
}

/// An elementary file of a profile with its contents.
public struct BackedUpFile: TLVMessage, TLVSequence, Hashable {
  // BackedUpFile ::= SEQUENCE { application [0] AID OPTIONAL, path [1] OCTET STRING, recordLength [2] INTEGER,
  //   content [3] OCTET STRING }
  public static let tag: TLVTag = .sequence

  /// The application's directory it stands in; nil: the MF.
  public let application: AID?
  /// Two bytes for each step from there.
  public let path: [UInt8]
  /// Bytes of a record; 0 where there are none.
  public let recordLength: Int
  /// The contents, records one behind the other.
  public let content: [UInt8]

  /// All fields.
  public init(application: AID?, path: [UInt8], recordLength: Int, content: [UInt8]) {
    (self.application, self.path) = (application, path)
    (self.recordLength, self.content) = (recordLength, content)
  }

  /// "A0000000871002…/6F3C", "3F00/7F10/5F3A/4F58"
  public var name: String {
    let steps = stride(from: 0, to: path.count - path.count % 2, by: 2).map { path[$0..<$0 + 2].hex.uppercased() }
    return ([application?.description ?? "3F00"] + steps).joined(separator: "/")
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    application = try reader.readIfPresent(0x80)
    path = try reader.read(0x81)
    recordLength = try reader.read(0x82)
    content = try reader.read(0x83)
    guard (2...16).contains(path.count), path.count.isMultiple(of: 2) else {
      throw .invalid(0x81, "a path has one to eight steps of two bytes")
    }
    guard (0...255).contains(recordLength) else { throw .invalid(0x82, "a record has at most 255 bytes") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, application)
    writer.write(0x81, bytes: path)
    writer.write(0x82, recordLength)
    writer.write(0x83, bytes: content)
  }
}

/// A part that did not come along, and why, as a sentence's end.
public struct LeftOut: TLVMessage, TLVSequence, Error, Hashable, CustomStringConvertible {
  // LeftOut ::= SEQUENCE { part [0] UTF8String, reason [1] UTF8String }
  public static let tag: TLVTag = .sequence

  /// A part of ``BackupParts``, or a file.
  public let part: String
  public let reason: String

  /// Both.
  public init(_ part: String, _ reason: String) { (self.part, self.reason) = (part, reason) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (part, reason) = (try reader.read(0x80), try reader.read(0x81))
    guard part.utf8.count <= 128, reason.utf8.count <= 256 else { throw .invalid(0x81, "the texts are too long") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, part)
    writer.write(0x81, reason)
  }

  public var description: String { "\(part): \(reason)" }
}
