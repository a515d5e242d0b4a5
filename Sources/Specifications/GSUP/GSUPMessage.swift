import Bytes
import Identifiers

/// A message of the Generic Subscriber Update Protocol, in which Osmocom's MSC, SGSN and MME ask an HLR: a type, then
/// elements of tag, length and value, IMSI first.
public struct GSUPMessage: Hashable, Sendable {
  /// What a message is. The two lowest bits tell request (0), error (1) and result (2).
  public struct Kind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let updateLocationRequest = Kind(rawValue: 0x04)
    public static let sendAuthInfoRequest = Kind(rawValue: 0x08)
    public static let authFailReport = Kind(rawValue: 0x0B)
    public static let purgeMSRequest = Kind(rawValue: 0x0C)
    public static let insertDataRequest = Kind(rawValue: 0x10)
    public static let locationCancelRequest = Kind(rawValue: 0x1C)
    public static let checkIMEIRequest = Kind(rawValue: 0x30)

    /// Whether an answer is waited for.
    public var isRequest: Bool { rawValue & 0x03 == 0 }
    /// The request that this is the error, result or report of.
    public var request: Kind { Kind(rawValue: rawValue & 0xFC) }
    /// The error that answers this request.
    public var error: Kind { Kind(rawValue: rawValue & 0xFC | 0x01) }
    /// The result that answers this request.
    public var result: Kind { Kind(rawValue: rawValue & 0xFC | 0x02) }

    public var description: String {
      let names: [UInt8: String] = [
        0x04: "UpdateLocation", 0x08: "SendAuthInfo", 0x0C: "PurgeMS", 0x10: "InsertData", 0x14: "DeleteData",
        0x1C: "LocationCancel", 0x30: "CheckIMEI",
      ]
      if self == .authFailReport { return "AuthFailReport" }
      return (names[request.rawValue] ?? "type \([request.rawValue].hex)")
        + ["Request", "Error", "Result", ""][
          Int(rawValue & 0x03)]
    }
  }

  /// An element's tag.
  public enum Tag {
    public static let imsi: UInt8 = 0x01
    public static let cause: UInt8 = 0x02
    public static let authTuple: UInt8 = 0x03
    public static let pdpInfoComplete: UInt8 = 0x04
    public static let pdpInfo: UInt8 = 0x05
    public static let cancelType: UInt8 = 0x06
    public static let freezePTMSI: UInt8 = 0x07
    public static let msisdn: UInt8 = 0x08
    public static let messageClass: UInt8 = 0x0A
    public static let pdpContextID: UInt8 = 0x10
    public static let pdpType: UInt8 = 0x11
    public static let accessPointName: UInt8 = 0x12
    public static let rand: UInt8 = 0x20
    public static let sres: UInt8 = 0x21
    public static let kc: UInt8 = 0x22
    public static let ik: UInt8 = 0x23
    public static let ck: UInt8 = 0x24
    public static let autn: UInt8 = 0x25
    public static let auts: UInt8 = 0x26
    public static let res: UInt8 = 0x27
    public static let cnDomain: UInt8 = 0x28
    public static let currentRATType: UInt8 = 0x2A
    public static let numberOfVectors: UInt8 = 0x52
    public static let sourceName: UInt8 = 0x60
    public static let destinationName: UInt8 = 0x61
  }

  /// A tag with its value of at most 255 bytes.
  public struct Element: Hashable, Sendable {
    public let tag: UInt8
    public let value: [UInt8]

    /// An element; a longer value is cut.
    public init(_ tag: UInt8, _ value: [UInt8]) { (self.tag, self.value) = (tag, Array(value.prefix(255))) }

    /// The element as it is sent.
    public var bytes: [UInt8] { [tag, UInt8(value.count)] + value }

    /// The elements that `bytes` are; nil where one overruns the end or there are more than 64.
    public static func list(_ bytes: some Collection<UInt8>) -> [Element]? {
      var (rest, list) = (Array(bytes)[...], [Element]())
      while let tag = rest.popFirst() {
        guard let length = rest.popFirst(), rest.count >= Int(length), list.count < 64 else { return nil }
        list.append(Element(tag, Array(rest.prefix(Int(length)))))
        rest = rest.dropFirst(Int(length))
      }
      return list
    }
  }

  public var kind: Kind
  public var elements: [Element]

  /// A message about a subscriber.
  public init(_ kind: Kind, imsi: IMSI, _ elements: [Element] = []) {
    self.kind = kind
    self.elements = [Element(Tag.imsi, PackedDigits.bytes(imsi.digits))] + elements
  }

  /// The message that `bytes` are; nil where they are none.
  public init?(bytes: [UInt8]) {
    guard let kind = bytes.first, let elements = Element.list(bytes.dropFirst()) else { return nil }
    (self.kind, self.elements) = (Kind(rawValue: kind), elements)
  }

  /// The message as it is sent.
  public var bytes: [UInt8] { [kind.rawValue] + elements.flatMap(\.bytes) }

  /// The value of the first element with `tag`.
  public subscript(tag: UInt8) -> [UInt8]? { elements.first { $0.tag == tag }?.value }

  /// Whom it is about; nil where it does not say.
  public var imsi: IMSI? {
    self[Tag.imsi].flatMap { PackedDigits.text($0) }.flatMap { try? IMSI($0) }
  }
}

/// Decimal digits, two in a byte, the first in the lower half, F after the last of an odd number (TS 24.008 §10.5.4.7).
public enum PackedDigits {
  /// The digits in bytes.
  public static func bytes(_ digits: String) -> [UInt8] {
    var halves = digits.utf8.map { $0 & 0x0F }
    if halves.count % 2 == 1 { halves.append(0x0F) }
    return stride(from: 0, to: halves.count, by: 2).map { halves[$0] | halves[$0 + 1] << 4 }
  }

  /// The digits of bytes; nil where a half is none.
  public static func text(_ bytes: [UInt8]) -> String? {
    var halves = bytes.flatMap { [$0 & 0x0F, $0 >> 4] }
    if halves.last == 0x0F { halves.removeLast() }
    return halves.allSatisfy { $0 < 10 } ? halves.map(String.init).joined() : nil
  }
}
