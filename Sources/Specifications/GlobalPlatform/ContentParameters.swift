import Bytes
import TLV

/// Load and install parameters (GlobalPlatform Card Specification 2.3 §11.5.2.3.7, tables 11-48 to 11-50).
public struct ContentParameters: Hashable, Sendable {
  /// C9: what the application itself is given.
  public var applicationSpecific: [UInt8]?
  /// C6 in EF: bytes that the load file takes at least.
  public var codeSize: Int?
  /// C8 in EF: the bytes that all content of a security domain may take together.
  public var quota: Int?
  /// B6: which token allows the command.
  public var tokenReference: TokenReference?

  /// No parameters.
  public init() {}

  /// Parameters in the bytes of a command. System parameters other than the above are passed over.
  public init(bytes: [UInt8]) throws(CodingError) {
    do {
      var reader = TLVReader(bytes)
      while !reader.isAtEnd {
        let element = try reader.element()
        switch element.tag {
        case 0xC9: applicationSpecific = Array(element.content)
        case 0xEF:
          for child in try element.children() {
            if child.tag == 0xC6 { codeSize = try Self.number(child) }
            if child.tag == 0xC8 { quota = try Self.number(child) }
          }
        case TokenReference.tag: tokenReference = try TokenReference(element)
        case 0xEA: break
        default: throw TLVError.invalid(element.tag, "an unknown parameter")
        }
      }
    } catch { throw CodingError("the parameters are malformed: \(error)") }
  }

  /// The bytes for a command.
  public var bytes: [UInt8] {
    var writer = TLVWriter()
    if let applicationSpecific { writer.write(0xC9, bytes: applicationSpecific) }
    if codeSize != nil || quota != nil {
      writer.write(0xEF) { writer in
        if let codeSize { writer.write(0xC6, bytes: Self.bytes(codeSize)) }
        if let quota { writer.write(0xC8, bytes: Self.bytes(quota)) }
      }
    }
    writer.write(tokenReference)
    return writer.bytes
  }

  private static func number(_ element: TLVElement) throws(TLVError) -> Int {
    guard (1...4).contains(element.content.count), let value = UInt32(bigEndian: element.content) else {
      throw .invalid(element.tag, "a size has 1 to 4 bytes")
    }
    return Int(value)
  }

  /// Two bytes, or four from 32 KB on.
  private static func bytes(_ size: Int) -> [UInt8] {
    size <= 0x7FFF
      ? UInt16(truncatingIfNeeded: size).bigEndianBytes : UInt32(truncatingIfNeeded: size).bigEndianBytes
  }
}

/// The control reference template for digital signature (B6) that binds a token to one card and one use (§11.5.2.3.7,
/// §C.4): issuer identification number 42, card image number 45, application provider 5F20, token number 93.
public struct TokenReference: TLVSequence, TLVMessage, Hashable {
  public static let tag: TLVTag = 0xB6

  /// The issuer identification number of the card.
  public var issuer: [UInt8]
  /// The card image number: with the issuer's, no two cards share it.
  public var card: [UInt8]
  /// Who provides the application: the AID of the security domain that uses the token.
  public var provider: [UInt8]?
  /// The number that the token bears: good once on its card.
  public var number: UInt64

  /// A token for one card.
  public init(issuer: [UInt8], card: [UInt8], provider: [UInt8]? = nil, number: UInt64) {
    (self.issuer, self.card, self.provider, self.number) = (issuer, card, provider, number)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    issuer = try reader.read(0x42)
    card = try reader.read(0x45)
    provider = try reader.readIfPresent(0x5F20)
    let element = try reader.element(0x93)
    guard (1...8).contains(element.content.count), let number = UInt64(bigEndian: element.content) else {
      throw .invalid(element.tag, "a token number has 1 to 8 bytes")
    }
    self.number = number
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x42, issuer)
    writer.write(0x45, card)
    writer.write(0x5F20, provider)
    writer.write(0x93, bytes: number.bigEndianBytes)
  }
}
