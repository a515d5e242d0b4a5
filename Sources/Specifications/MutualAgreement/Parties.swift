import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

/// The parties of the data storing system, by their names in secure messages.
extension Party {
  /// Who registers issuers.
  public static func issuerRegistrar(_ name: String) throws(InvalidIdentifier) -> Party {
    try Party("issuer-registrar:\(name)")
  }
  /// Who registers data providers.
  public static func dataRegistrar(_ name: String) throws(InvalidIdentifier) -> Party {
    try Party("data-registrar:\(name)")
  }
  /// Who issues cards.
  public static func issuer(_ name: String) throws(InvalidIdentifier) -> Party { try Party("issuer:\(name)") }
  /// Who provides data.
  public static func provider(_ name: String) throws(InvalidIdentifier) -> Party { try Party("provider:\(name)") }
}

/// A card by what GlobalPlatform calls it: issuer identification number (42) and card image number (45), together at
/// most 28 bytes. No two cards share both.
public struct CardName: TLVSequence, Hashable, CustomStringConvertible {
  // CardName ::= SEQUENCE { issuerIdentificationNumber [2] OCTET STRING, cardImageNumber [5] OCTET STRING }
  /// Issuer identification number.
  public let issuer: [UInt8]
  /// Card image number.
  public let number: [UInt8]

  /// Both numbers, of at least one byte each.
  public init(issuer: [UInt8], number: [UInt8]) throws(InvalidIdentifier) {
    guard (1...16).contains(issuer.count), (1...16).contains(number.count), issuer.count + number.count <= 28 else {
      throw InvalidIdentifier(kind: "card", reason: "its two numbers have 1 to 16 bytes each, and 28 together")
    }
    (self.issuer, self.number) = (issuer, number)
  }

  /// The card called `text`: two hexadecimal numbers with a hyphen between them.
  public init(_ text: String) throws(InvalidIdentifier) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let issuer = try? [UInt8](hex: parts[0]), let number = try? [UInt8](hex: parts[1]) else {
      throw InvalidIdentifier(kind: "card", reason: "two hexadecimal numbers with a hyphen between them are wanted")
    }
    try self.init(issuer: issuer, number: number)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let (issuer, number): ([UInt8], [UInt8]) = (try reader.read(0x82), try reader.read(0x85))
    do { try self.init(issuer: issuer, number: number) } catch { throw .invalid(0x82, "\(error)") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x82, issuer)
    writer.write(0x85, number)
  }

  public var description: String { "\(issuer.hex)-\(number.hex)" }

  /// The card's user, whose key the registration certificate names.
  public var user: Party { named("user:\(self)") }
  /// The card, as the receiver of an authorisation.
  public var party: Party { named("card:\(self)") }

  private func named(_ name: String) -> Party {
    // 5 + 56 + 1 printable characters: within what a name may have.
    guard let party = try? Party(name) else { preconditionFailure("\(name) is a name") }
    return party
  }
}

extension TLVReader {
  /// The next element, tagged `tag`, as a point of P-256.
  mutating func readKey(_ tag: TLVTag) throws(TLVError) -> PublicKey {
    let point: [UInt8] = try read(tag)
    do { return try PublicKey(.p256, point: point) } catch { throw .invalid(tag, "\(error)") }
  }

  /// At most `limit` messages in the next element, tagged `tag`.
  mutating func readList<Item: TLVMessage>(_ tag: TLVTag, limit: Int) throws(TLVError) -> [Item] {
    let list: [Item] = try read(tag)
    guard list.count <= limit else { throw .invalid(tag, "at most \(limit) are wanted") }
    return list
  }

  /// At most `limit` byte strings, each under 04, in the next element, tagged `tag`.
  mutating func readStrings(_ tag: TLVTag, limit: Int) throws(TLVError) -> [[UInt8]] {
    var reader = try element(tag).reader()
    var list: [[UInt8]] = []
    while !reader.isAtEnd {
      guard list.count < limit else { throw .invalid(tag, "at most \(limit) are wanted") }
      list.append(try reader.read(.octetString))
    }
    return list
  }

  /// The next element, tagged `tag`, as a text of at most `limit` bytes.
  mutating func readText(_ tag: TLVTag, limit: Int) throws(TLVError) -> String {
    let text: String = try read(tag)
    guard text.utf8.count <= limit else { throw .invalid(tag, "at most \(limit) bytes are wanted") }
    return text
  }

  /// The next element, tagged `tag`, as a number from 0 up to `limit`.
  mutating func readNumber(_ tag: TLVTag, through limit: Int) throws(TLVError) -> Int {
    let number: Int = try read(tag)
    guard (0...limit).contains(number) else { throw .invalid(tag, "0 to \(limit) is wanted") }
    return number
  }
}

extension TLVWriter {
  mutating func write(_ tag: TLVTag, strings: [[UInt8]]) {
    write(tag) { writer in for string in strings { writer.write(.octetString, string) } }
  }
}
