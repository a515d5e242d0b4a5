import Identifiers
import Keys
import SecureMessages
import TLV

// What carriers and devices say to a module, and what it says to them, each in answer to a challenge.

/// E(KD_C, RDM): the carrier answers a module's RDM.
public struct CarrierAnswer: FreshBody, Hashable {
  // CarrierAnswer ::= SEQUENCE { challenge [0] Challenge, time [1] INTEGER }
  public static let messageType = "A.CarrierAnswer"
  /// The carrier's own number, which the next request must answer: a recorded request earns nothing.
  public let challenge: Challenge
  /// The carrier's time in seconds: a module has no clock.
  public let time: Instant

  /// The answer that carries both.
  public init(challenge: Challenge, time: Instant) {
    (self.challenge, self.time) = (challenge, Instant(seconds: time.seconds))
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    challenge = try reader.read(0x80)
    time = try reader.readTime(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, challenge)
    writer.write(0x81, Int(time.seconds))
  }
}

/// Command 7: the carrier withdraws its approval of a model from one module, in answer to RDM.
public struct ModelWithdrawal: FreshBody, Hashable {
  // ModelWithdrawal ::= SEQUENCE { key [0] OCTET STRING }
  public static let messageType = "A.ModelWithdrawal"
  /// KE_MSN.
  public let key: PublicKey

  /// Withdraws the model whose key this is.
  public init(key: PublicKey) { self.key = key }

  public init(fields reader: inout TLVReader) throws(TLVError) { key = try reader.key(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, key: key) }
}

/// Command 9: a device shows that it has a model's private key, in answer to the module's possession challenge.
public struct ReadRequest: FreshBody, Hashable {
  // ReadRequest ::= SEQUENCE { key [0] OCTET STRING, challenge [1] Challenge }
  public static let messageType = "A.ReadRequest"
  /// KE_MSN or KE_A.
  public let key: PublicKey
  /// The device's own number, which the reading answers.
  public let challenge: Challenge

  /// Asks for the ID, to be sealed to `key`.
  public init(key: PublicKey, challenge: Challenge) { (self.key, self.challenge) = (key, challenge) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (key, challenge) = (try reader.key(0x80), try reader.read(0x81))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, key: key)
    writer.write(0x81, challenge)
  }
}

/// Command 12: the module is here, in answer to a carrier's challenge.
public struct ModulePresence: FreshBody, Hashable {
  // ModulePresence ::= SEQUENCE { number [0] OCTET STRING (SIZE (8)) }
  public static let messageType = "A.ModulePresence"
  /// The module.
  public let number: ModuleNumber

  /// Says so of the module `number`.
  public init(number: ModuleNumber) { self.number = number }

  public init(fields reader: inout TLVReader) throws(TLVError) { number = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, number) }
}

/// Command 8's answer: the module has written the ID, in answer to the challenge that came with it.
public struct WriteReceipt: FreshBody, Hashable {
  // WriteReceipt ::= SEQUENCE { imsi [0] UTF8String OPTIONAL }
  public static let messageType = "A.WriteReceipt"
  /// Whose ID it is; nil where it is a terminal's.
  public let imsi: IMSI?

  /// Says that the ID is written.
  public init(imsi: IMSI?) { self.imsi = imsi }

  public init(fields reader: inout TLVReader) throws(TLVError) { imsi = try reader.imsiIfPresent(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, imsi?.digits) }
}

extension TLVReader {
  mutating func imsiIfPresent(_ tag: TLVTag) throws(TLVError) -> IMSI? {
    guard let digits: String = try readIfPresent(tag) else { return nil }
    do { return try IMSI(digits) } catch { throw .invalid(tag, "\(error)") }
  }
}
