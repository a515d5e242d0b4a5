import APDU
import Bytes
import Keys
import TLV

/// A certificate that a card can read, for PERFORM SECURITY OPERATION (GlobalPlatform Amendment F §6.1, table 6-12).
///
/// ```
/// 7F21 { 93 serial number, 42 issuer, 5F20 subject, 95 key usage, 5F25 effective date?, 5F24 expiration date,
///        73 discretionary data?, 7F49 { B0 point, F0 curve }, 5F37 signature over all that stands before it }
/// ```
public struct CardCertificate: TLVSequence, TLVMessage, Hashable {
  public static let tag: TLVTag = 0x7F21
  /// PERFORM SECURITY OPERATION.
  public static let instruction: UInt8 = 0x2A

  /// 95: what the certified key is for.
  public enum Usage: String, Sendable {
    /// Verification of digital signatures.
    case signatureVerification = "8200"
    /// Agreement on keys.
    case keyAgreement = "0080"
  }

  /// What is certified.
  public struct Body: Hashable, Sendable {
    /// The serial number, 1 to 16 bytes.
    public var serialNumber: [UInt8]
    /// Who certifies, 1 to 16 bytes.
    public var issuer: [UInt8]
    /// Who is certified, 1 to 16 bytes.
    public var subject: [UInt8]
    /// First day of its life, YYYYMMDD in digits.
    public var effective: String?
    /// Last day of its life, YYYYMMDD in digits.
    public var expiration: String
    /// The certified key, on P-256.
    public var key: PublicKey
    /// What the key is for.
    public var usage: Usage
    /// What the issuer adds, in TLV; often nothing.
    public var discretionaryData: [UInt8]?

    /// What is certified.
    public init(
      serialNumber: [UInt8], issuer: [UInt8], subject: [UInt8], effective: String?, expiration: String, key: PublicKey,
      usage: Usage = .signatureVerification, discretionaryData: [UInt8]? = nil
    ) {
      (self.usage, self.discretionaryData) = (usage, discretionaryData)
      (self.serialNumber, self.issuer, self.subject) = (serialNumber, issuer, subject)
      (self.effective, self.expiration, self.key) = (effective, expiration, key)
    }

    func encode(to writer: inout TLVWriter) {
      writer.write(0x93, serialNumber)
      writer.write(0x42, issuer)
      writer.write(0x5F20, subject)
      writer.write(0x95, (try? [UInt8](hex: usage.rawValue)) ?? [])
      if let effective { writer.write(0x5F25, (try? [UInt8](hex: effective)) ?? []) }
      writer.write(0x5F24, (try? [UInt8](hex: expiration)) ?? [])
      if let discretionaryData { writer.write(0x73, discretionaryData) }
      writer.write(0x7F49) { writer in
        writer.write(0xB0, key.point)
        writer.write(0xF0, bytes: [0x00])
      }
    }
  }

  /// What is certified.
  public let body: Body
  private let signed: [UInt8]
  private let signature: [UInt8]

  /// Certifies `body` with the issuer's key.
  public init(_ body: Body, signedBy key: PrivateKey) throws(KeyError) {
    var writer = TLVWriter()
    body.encode(to: &writer)
    (self.body, signed) = (body, writer.bytes)
    signature = try key.sign(signed)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let start = reader.remaining
    let (serial, issuer, subject) = (try reader.element(0x93), try reader.element(0x42), try reader.element(0x5F20))
    for element in [serial, issuer, subject] where !(1...16).contains(element.content.count) {
      throw .invalid(element.tag, "1 to 16 bytes are wanted")
    }
    let usages = try reader.element(0x95)
    guard let usage = Usage(rawValue: usages.content.hex) else {
      throw .invalid(usages.tag, "the key is neither for signatures nor for agreement")
    }
    let effective = try reader.elementIfPresent(0x5F25).map(Self.date)
    let expiration = try Self.date(try reader.element(0x5F24))
    guard effective ?? expiration <= expiration else { throw .invalid(0x5F24, "it ends before it begins") }
    let discretionary = try reader.elementIfPresent(0x73)
    var point = try reader.element(0x7F49).reader()
    let bytes: [UInt8] = try point.read(0xB0)
    let curve: [UInt8] = try point.read(0xF0)
    try point.finish()
    guard curve == [0x00], let key = try? PublicKey(.p256, point: bytes) else {
      throw .invalid(0x7F49, "a point of P-256 is wanted")
    }
    signed = Array(start.prefix(start.count - reader.remaining.count))
    signature = try reader.read(0x5F37)
    body = Body(
      serialNumber: Array(serial.content), issuer: Array(issuer.content), subject: Array(subject.content),
      effective: effective, expiration: expiration, key: key, usage: usage,
      discretionaryData: discretionary.map { Array($0.content) })
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.append(encoded: signed)
    writer.write(0x5F37, signature)
  }

  /// Whether `issuer` signed it, as it arrived.
  public func isSigned(by issuer: PublicKey) -> Bool { issuer.verifies(signature, over: signed) }

  private static func date(_ element: TLVElement) throws(TLVError) -> String {
    let digits = element.content.hex
    guard element.content.count == 4, let number = Int(digits), let month = Optional(number / 100 % 100),
      (1...12).contains(month)
    else { throw .invalid(element.tag, "a date is YYYYMMDD in 4 bytes") }
    let year = number / 10_000
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    let last = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    guard (1...last).contains(number % 100) else {
      throw .invalid(element.tag, "a date is YYYYMMDD in 4 bytes")
    }
    return digits
  }

  /// The command that hands the certificate to a domain, which verifies it under its key `version`, `identifier`.
  public func command(version: UInt8, identifier: UInt8) -> Command {
    Command(cla: 0x80, ins: Self.instruction, p1: version, p2: identifier, data: encoded)
  }
}
