import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

/// What a profile's signature holds together (Fig. 3, 304 to 308): the profile, the secure element that it is for, and the
/// subscriber's identity in it.
///
/// Formulas 1 to 3 of the document: without the eUICC's identifier it does not show that a profile was copied, without
/// IMSI and key it does not show that a USIM was put into it.
public struct SealedIdentity: LastingBody, Hashable {
  // SealedIdentity ::= SEQUENCE { profile [0] OCTET STRING, eid [1] OCTET STRING OPTIONAL,
  //   imsi [2] OCTET STRING (SIZE (9)) OPTIONAL, keyDigest [3] OCTET STRING (SIZE (32)) OPTIONAL }
  public static let messageType = "D.SealedIdentity"

  /// What beside the profile's number is in it.
  public struct Form: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The secure element: the EID.
    public static let secureElement = Form(rawValue: 1)
    /// The IMSI.
    public static let imsi = Form(rawValue: 2)
    /// K, as a digest.
    public static let key = Form(rawValue: 4)
    /// All of it: what is meant where nothing else is said.
    public static let whole: Form = [.secureElement, .imsi, .key]
  }

  /// The profile identifier.
  public let iccid: ICCID
  /// The eSE identifier.
  public let eid: EID?
  /// The IMSI of the first USIM.
  public let imsi: IMSI?
  /// ``digest(of:in:)`` of its K.
  public let keyDigest: [UInt8]?

  /// The parts of `form`; those that are nil here are left out of it.
  public init(_ form: Form = .whole, iccid: ICCID, eid: EID?, imsi: IMSI?, key: Secret?) {
    self.iccid = iccid
    self.eid = form.contains(.secureElement) ? eid : nil
    self.imsi = form.contains(.imsi) ? imsi : nil
    keyDigest = form.contains(.key) ? key.map { Self.digest(of: $0, in: iccid) } : nil
  }

  /// What stands for K: SHA-256 over a label, the profile's number and K. K is random, so it cannot be tried out; and two
  /// profiles with one K have different digests.
  static func digest(of key: Secret, in iccid: ICCID) -> [UInt8] {
    sha256(Array("D.SealedIdentity K".utf8) + iccid.headerBytes + key.bytes)
  }

  /// Steps 403 and 405: whether the parts that are in it are those of the profile `iccid` on the eUICC `eid` whose first
  /// USIM has this IMSI and K.
  public func describes(iccid: ICCID, eid: EID, imsi: IMSI?, key: Secret?) -> Bool {
    guard iccid == self.iccid, self.eid == nil || self.eid == eid, self.imsi == nil || self.imsi == imsi else {
      return false
    }
    guard let keyDigest else { return true }
    guard let key else { return false }
    return equalInConstantTime(keyDigest, Self.digest(of: key, in: iccid))
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    iccid = try reader.read(0x80)
    eid = try reader.readIfPresent(0x81)
    if let bytes = try reader.elementIfPresent(0x82) {
      do { imsi = try IMSI(bytes: bytes.content) } catch { throw .invalid(0x82, error.description) }
    } else {
      imsi = nil
    }
    let digest = try reader.elementIfPresent(0x83)
    keyDigest = digest.map { Array($0.content) }
    guard keyDigest == nil || keyDigest?.count == 32 else { throw .invalid(0x83, "a digest has 32 bytes") }
    guard eid != nil || imsi != nil || keyDigest != nil else {
      throw .invalid(0x80, "a signature over the profile's number alone shows nothing")
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, iccid)
    writer.write(0x81, eid)
    writer.write(0x82, imsi?.bytes)
    writer.write(0x83, keyDigest)
  }
}
