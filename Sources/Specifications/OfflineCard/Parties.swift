import Identifiers
import Keys
import SecureMessages
import TLV

extension Party {
  /// A card that a terminal has before it and does not know yet.
  public static var insertedCard: Party { get throws(InvalidIdentifier) { try Party("card") } }

  /// The issuer of the scheme: whose key, nA, cards and terminals hold from the beginning.
  public static func issuer(_ scheme: String) throws(InvalidIdentifier) -> Party { try Party("issuer:\(scheme)") }

  /// The scheme's charging centre.
  public static func chargingCentre(_ scheme: String) throws(InvalidIdentifier) -> Party {
    try Party("charging-centre:\(scheme)")
  }
}

extension CardNumber {
  /// The card as a party.
  public var party: Party { get throws(InvalidIdentifier) { try Party("card:\(text)") } }
}

extension TerminalNumber {
  /// The terminal as a party.
  public var party: Party { get throws(InvalidIdentifier) { try Party("terminal:\(text)") } }
}

/// What everybody of a scheme knows: its name, the issuer's master public key nA, and in which currency its terminals sell.
public struct Scheme: TLVSequence, Hashable {
  /// The scheme's name, in printable ASCII.
  public let name: String
  /// nA.
  public let masterKey: PublicKey
  /// In which currency tariffs and limits are.
  public let currency: Currency
  /// The issuer with nA.
  public let issuer: KnownParty
  /// The charging centre.
  public let centre: Party

  /// A scheme; refused where the name makes no party.
  public init(name: String, masterKey: PublicKey, currency: Currency) throws(InvalidIdentifier) {
    guard !name.isEmpty else { throw InvalidIdentifier(kind: "name", reason: "a scheme has a name") }
    (self.name, self.masterKey, self.currency) = (name, masterKey, currency)
    issuer = KnownParty(try .issuer(name), key: masterKey)
    centre = try .chargingCentre(name)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let name: String = try reader.read(0x80)
    let key = try reader.readKey(0x81)
    let currency: Currency = try reader.read(0x82)
    do { try self.init(name: name, masterKey: key, currency: currency) } catch { throw .invalid(0x80, "\(error)") }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0x81, masterKey.point)
    writer.write(0x82, currency)
  }
}

extension Scheme: TLVMessage {
  public static let tag: TLVTag = .sequence
}

extension TLVReader {
  /// The next element, tagged `tag`, as a point of P-256.
  mutating func readKey(_ tag: TLVTag) throws(TLVError) -> PublicKey {
    let point: [UInt8] = try read(tag)
    do { return try PublicKey(.p256, point: point) } catch { throw .invalid(tag, "\(error)") }
  }

  /// The next element, tagged `tag`, as milliseconds since 1970, within the times that a message can name.
  mutating func readInstant(_ tag: TLVTag) throws(TLVError) -> Instant {
    let instant = Instant(milliseconds: Int64(try read(tag, as: Int.self)))
    guard Term.times.contains(instant) else { throw .invalid(tag, "there is no such time") }
    return instant
  }
}

extension TLVWriter {
  mutating func write(_ tag: TLVTag, _ instant: Instant) { write(tag, Int(instant.milliseconds)) }
}
