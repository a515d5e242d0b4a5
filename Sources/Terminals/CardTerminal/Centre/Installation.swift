import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureMessages

/// Paragraph 0008: a terminal that has no keys yet, with what its installer was told. Its key is made here and stays here.
public struct TerminalInstallation: Sendable {
  private let number: TerminalNumber
  private let scheme: String
  private let code: InstallationCode
  private let key: PrivateKey

  /// The terminal `number`, to be installed in the scheme of that name; `key` is its own, made for it.
  public init(_ number: TerminalNumber, in scheme: String, code: InstallationCode, key: PrivateKey) {
    (self.number, self.scheme, self.code, self.key) = (number, scheme, code, key)
  }

  /// What is sent to the centre; it may be sent again.
  public func request() throws -> [UInt8] {
    guard let challenge = code.challenge else { throw SecureMessageError.malformed }
    let request = InstallationRequest(
      terminal: number, key: key.publicKey, proof: code.requestProof(number, key.publicKey))
    return try Signed(
      request, by: KeyHolder(number.party, key: key), to: .issuer(scheme), answering: challenge
    ).encoded
  }

  /// What the terminal is from now on, if the answer comes from who made the code: nobody else tells it a master key.
  public func identity(from answer: [UInt8]) throws -> TerminalIdentity {
    let answer = try InstallationAnswer(encoded: answer)
    guard answer.scheme.name == scheme,
      equalInConstantTime(answer.proof, code.answerProof(answer.scheme, answer.certificate)),
      answer.certificate.claimedBody.terminal == number
    else { throw SecureMessageError.wrongSignature }
    return try TerminalIdentity(scheme: answer.scheme, certificate: answer.certificate, key: key)
  }
}
