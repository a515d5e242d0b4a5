import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store

/// Paragraph 0008: "the key information may be received from the centre, over the network, when the terminal is installed".
///
/// The private key is made by the terminal and stays there; what comes from the centre is the master public key and a
/// certificate. A code that the installer was given admits one key for one terminal, once.
extension Desk {
  /// How long an installation code holds.
  public static let codeLifetime: Duration = .seconds(7 * 86_400)

  /// The code for installing a terminal whose certificate is to hold for so many days. It is told this once.
  public func invite(_ terminal: TerminalNumber, days: Int, now: Instant) throws -> InstallationCode {
    try store.retrying { store in
      try store.transaction { transaction in
        let row = try transaction.first("SELECT COALESCE(MAX(number), 0) FROM terminal_installation")
        let number: Int = try (row?(0) ?? 0) + 1
        guard let code = issuer.installationCode(number, for: terminal), let challenge = code.challenge else {
          throw StoreError.unexpected("a code that is none")
        }
        try transaction.execute(
          """
          INSERT INTO terminal_installation (number, challenge, terminal, days, expiry) VALUES ($1, $2, $3, $4, $5)
          """, number, challenge.bytes, terminal.text, days, now + Self.codeLifetime)
        return code
      }
    }
  }

  /// The answer to an ``InstallationRequest``; both stand in the record. The same terminal with the same key gets the same
  /// certificate again, for the answer may have been lost.
  public func install(_ request: [UInt8], now: Instant) throws -> [UInt8] {
    do {
      return try store.retrying { store in
        try store.transaction { try install(request, now: now, in: $0) }
      }
    } catch let refusal as InstallationRefusal {
      let event = Event(
        at: now, party: Self.party, kind: .refused, name: InstallationRequest.messageType, correlation: "",
        body: .text("\(refusal)"))
      try store.transaction { try EventRecord.append(event, in: $0) }
      throw refusal
    }
  }

  private func install(_ bytes: [UInt8], now: Instant, in transaction: any Transaction) throws -> [UInt8] {
    guard let request = try? Signed<InstallationRequest>(encoded: bytes), let challenge = request.claimedChallenge
    else { throw InstallationRefusal.malformed }
    let claimed = request.claimedBody
    let row = try transaction.first(
      "SELECT number, terminal, days, expiry, terminal_key, certificate FROM terminal_installation WHERE challenge = $1",
      challenge.bytes)
    guard let row, try row(1) == claimed.terminal.text, let party = try? claimed.terminal.party,
      let code = issuer.installationCode(try row(0), for: claimed.terminal),
      let body = try? request.verified(
        from: KnownParty(party, key: claimed.key), to: issuer.scheme.issuer.party, answering: challenge),
      equalInConstantTime(body.proof, code.requestProof(body.terminal, body.key))
    else { throw InstallationRefusal.notInvited }
    let certificate: Signed<TerminalCertificate>
    if let former: [UInt8] = try row(5) {
      guard try row(4) == body.key.point else { throw InstallationRefusal.usedBefore }
      certificate = try Signed(encoded: former)
    } else {
      guard try now <= row(3) else { throw InstallationRefusal.notInvited }
      certificate = try certify(body.terminal, key: body.key, days: row(2), now: now, in: transaction)
      try transaction.executeOne(
        "UPDATE terminal_installation SET terminal_key = $2, certificate = $3 WHERE challenge = $1", challenge.bytes,
        body.key.point, certificate.encoded)
    }
    let answer = InstallationAnswer(
      scheme: issuer.scheme, certificate: certificate, proof: code.answerProof(issuer.scheme, certificate)
    ).encoded
    try EventRecord.append(
      Event(
        at: now, party: Self.party, peer: body.terminal.text, kind: .exchanged, name: InstallationRequest.messageType,
        correlation: body.terminal.text, body: .exchange(received: bytes, sent: answer)), in: transaction)
    return answer
  }
}

/// Why no key is certified.
public enum InstallationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// It is not the message that it should be.
  case malformed
  /// There is no such code for this terminal, or its time is over, or who asks does not have it, or not the key.
  case notInvited
  /// The code was used for another key.
  case usedBefore

  public var description: String {
    switch self {
    case .malformed: "this is no installation request"
    case .notInvited: "there is no such installation code for this terminal, or its time is over"
    case .usedBefore: "the installation code was used before, with another key"
    }
  }
}
