import Bytes
import Identifiers
import TLV

/// What a message says. Each type has a name that no other type has: a body is never taken for one of another type.
public protocol MessageBody: TLVSequence {
  /// The type's name, by system and message: "A.PersonalInformation".
  static var messageType: String { get }
}

/// A body that answers one challenge of its receiver, and is worth nothing afterwards.
public protocol FreshBody: MessageBody {}

/// A body that holds for a time, under a number that its sender gives no other of its type: an approval, a key.
public protocol LastingBody: MessageBody {}

/// The receiver's number that makes a message new: 16 to 32 bytes.
public struct Challenge: Hashable, Sendable, CustomStringConvertible {
  /// The number.
  public let bytes: [UInt8]

  /// A new challenge of 16 bytes.
  public init(random: any RandomSource) { bytes = random.bytes(16) }

  /// A challenge that arrived; nil unless it has 16 to 32 bytes.
  public init?(_ bytes: [UInt8]) {
    guard (16...32).contains(bytes.count) else { return nil }
    self.bytes = bytes
  }

  public var description: String { bytes.hex }
}

extension Challenge: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    guard let challenge = Challenge(Array(element.content)) else {
      throw .invalid(element.tag, "a challenge has 16 to 32 bytes")
    }
    self = challenge
  }

  public func encodeContent(to writer: inout TLVWriter) { bytes.encodeContent(to: &writer) }
}

/// Under which number a statement stands, and from when to when it holds, both ends included.
public struct Term: TLVSequence, Hashable {
  // Term ::= SEQUENCE { serial [0] INTEGER (1..MAX), notBefore [1] INTEGER, notAfter [2] INTEGER }
  /// The number that the sender gave no other statement of the type.
  public let serial: Int
  /// The first second.
  public let notBefore: Instant
  /// The last second.
  public let notAfter: Instant

  /// The times that a message can name: from 1970 to the end of the year 9999, as certificates have it (RFC 5280
  /// §4.1.2.5). Outside it, whoever reckons with a time that a stranger wrote could be led to overflow.
  public static let times = Instant(milliseconds: 0)...Instant(milliseconds: 253_402_300_799_999)

  /// Number `serial`, from 1, from `notBefore` to `notAfter`, both in whole seconds within ``times``.
  public init(serial: Int, notBefore: Instant, notAfter: Instant) {
    self.serial = max(1, serial)
    (self.notBefore, self.notAfter) = (Self.wholeSeconds(notBefore), Self.wholeSeconds(notAfter))
  }

  /// Whether the statement holds at `now`.
  public func includes(_ now: Instant) -> Bool { notBefore.seconds <= now.seconds && now.seconds <= notAfter.seconds }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    serial = try reader.read(0x80)
    guard serial > 0 else { throw .invalid(0x80, "a serial number is at least 1") }
    (notBefore, notAfter) = (try reader.readTime(0x81), try reader.readTime(0x82))
  }

  private static func wholeSeconds(_ instant: Instant) -> Instant {
    Instant(seconds: min(max(instant, times.lowerBound), times.upperBound).seconds)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, serial)
    writer.write(0x81, Int(notBefore.seconds))
    writer.write(0x82, Int(notAfter.seconds))
  }
}

extension TLVReader {
  /// The next element, tagged `tag`, as seconds since 1970 within ``Term/times``.
  public mutating func readTime(_ tag: TLVTag) throws(TLVError) -> Instant {
    let time = Instant(seconds: Int64(try read(tag, as: Int.self)))
    guard Term.times.contains(time) else { throw .invalid(tag, "there is no such time") }
    return time
  }
}
