import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

/// What the issuer gives to whoever installs a terminal: lets this one terminal have its key certified from the centre,
/// once, and proves the answer. Nobody who listens learns it, for it never goes over the line.
public struct InstallationCode: Sendable {
  /// 16 bytes, new for each installation.
  public let secret: Secret

  /// The code with these bytes; nil unless they are 16.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    secret = Secret(bytes)
  }

  /// The code that a person writes: 32 hexadecimal digits, with spaces or hyphens wherever they help.
  public init(_ text: String) throws(InvalidIdentifier) {
    guard let bytes = try? [UInt8](hex: text.filter { $0 != " " && $0 != "-" }), let code = InstallationCode(bytes)
    else { throw InvalidIdentifier(kind: "installation code", reason: "32 hexadecimal digits are wanted") }
    self = code
  }

  /// The code in groups of four digits. It is a secret.
  public var text: String {
    let digits = Array(secret.bytes.hex)
    return stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<$0 + 4]) }.joined(separator: "-")
  }

  /// What the request answers: names the code without telling it.
  public var challenge: Challenge? { Challenge(digest("name", [])) }

  /// Proves to the issuer that who asks has the code.
  public func requestProof(_ terminal: TerminalNumber, _ key: PublicKey) -> [UInt8] {
    digest("request", Array(terminal.text.utf8) + key.point)
  }

  /// Proves to the terminal that scheme and certificate come from who made the code.
  public func answerProof(_ scheme: Scheme, _ certificate: Signed<TerminalCertificate>) -> [UInt8] {
    digest("answer", scheme.encoded + certificate.encoded)
  }

  private func digest(_ purpose: String, _ data: [UInt8]) -> [UInt8] {
    hmacSHA256(Array("B.Installation \(purpose) ".utf8) + data, key: secret)
  }
}

/// What a terminal asks when it is installed (paragraph 0008): to have its key certified. It signs with that key, so that
/// none is certified that it does not have.
public struct InstallationRequest: FreshBody {
  // InstallationRequest ::= SEQUENCE { terminalNumber [0], terminalKey [1] OCTET STRING,
  //   proof [2] OCTET STRING (SIZE (32)) }
  public static let messageType = "B.InstallationRequest"
  public let terminal: TerminalNumber
  /// nT, made by the terminal.
  public let key: PublicKey
  /// ``InstallationCode/requestProof(_:_:)``.
  public let proof: [UInt8]

  /// All fields.
  public init(terminal: TerminalNumber, key: PublicKey, proof: [UInt8]) {
    (self.terminal, self.key, self.proof) = (terminal, key, proof)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    terminal = try reader.read(0x80)
    key = try reader.readKey(0x81)
    proof = try reader.read(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, terminal)
    writer.write(0x81, key.point)
    writer.write(0x82, proof)
  }
}

/// The issuer's answer: all that makes the device a terminal of its scheme.
public struct InstallationAnswer: TLVMessage, TLVSequence {
  // InstallationAnswer ::= [APPLICATION 11] SEQUENCE { scheme [0] Scheme, certificate Signed,
  //   proof [1] OCTET STRING (SIZE (32)) }
  public static let tag: TLVTag = 0x6B
  /// With the master public key, nA.
  public let scheme: Scheme
  public let certificate: Signed<TerminalCertificate>
  /// ``InstallationCode/answerProof(_:_:)``.
  public let proof: [UInt8]

  /// All fields.
  public init(scheme: Scheme, certificate: Signed<TerminalCertificate>, proof: [UInt8]) {
    (self.scheme, self.certificate, self.proof) = (scheme, certificate, proof)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    scheme = try reader.read(0xA0)
    certificate = try reader.read()
    proof = try reader.read(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, scheme)
    writer.write(certificate)
    writer.write(0x81, proof)
  }
}
