import TLV

extension TLVTag {
  /// A signature: 64 bytes r‖s (SGP.22 §2.6.7.2).
  public static let signature: TLVTag = 0x5F37
  /// A one-time public key.
  public static let otpk: TLVTag = 0x5F49
  /// An ICCID as in EF.ICCID; in GetEuiccData the EID.
  public static let iccid: TLVTag = 0x5A
  /// The AID of an ISD-P.
  public static let isdpAid: TLVTag = 0x4F
  /// A list of wanted tags.
  public static let tagList: TLVTag = 0x5C
}

extension TLVReader {
  /// The next element's bytes: OCTET STRING (SIZE(`sizes`)).
  mutating func octets(_ tag: TLVTag, _ sizes: ClosedRange<Int>) throws(TLVError) -> [UInt8] {
    let element = try element(tag)
    guard sizes.contains(element.content.count) else { throw .invalid(tag, "\(sizes) bytes are wanted") }
    return Array(element.content)
  }

  /// The next element's bytes if it is tagged `tag`.
  mutating func octetsIfPresent(_ tag: TLVTag, _ sizes: ClosedRange<Int>) throws(TLVError) -> [UInt8]? {
    nextTag == tag ? try octets(tag, sizes) : nil
  }

  /// The next element's text: UTF8String of at most `limit` characters (and four times as many bytes).
  mutating func text(_ tag: TLVTag, atMost limit: Int) throws(TLVError) -> String {
    let element = try element(tag)
    guard element.content.count <= 4 * limit else { throw .invalid(tag, "at most \(limit) characters are allowed") }
    let text = try String(element)
    guard text.unicodeScalars.count <= limit else { throw .invalid(tag, "at most \(limit) characters are allowed") }
    return text
  }

  /// The next element's text if it is tagged `tag`.
  mutating func textIfPresent(_ tag: TLVTag, atMost limit: Int) throws(TLVError) -> String? {
    nextTag == tag ? try text(tag, atMost: limit) : nil
  }

  /// A signature. One of a wrong length is read too: it verifies as false, which has an error code of its own.
  mutating func signature() throws(TLVError) -> [UInt8] { try octets(.signature, 0...255) }

  /// A one-time public key: 65 bytes uncompressed, here of any length that could be a point.
  mutating func otpk() throws(TLVError) -> [UInt8] { try octets(.otpk, 1...133) }
}

/// Limits that the specification leaves open.
enum Limit {
  /// A host name has at most 253 characters (RFC 1035 §3.1); some peers add a port.
  static let address = 260
  /// MatchingID or EventID; an activation code has at most 255 characters.
  static let matchingId = 255
}
