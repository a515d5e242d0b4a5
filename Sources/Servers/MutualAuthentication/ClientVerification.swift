import CircleOfTrust
import Identifiers
import Keys
import SGP22
import Stations
import Store
import TLV

/// What a server makes of an eUICC that proved itself.
public struct Reception<Answer: Sendable, Course: SessionCourse>: Sendable {
  let answer: Answer
  let course: Course
  let changes: [any DurableChange]

  /// The eUICC is answered with `answer` and the session goes on with `course`.
  public init(_ answer: Answer, _ course: Course, changes: [any DurableChange] = []) {
    (self.answer, self.course, self.changes) = (answer, course, changes)
  }
}

/// A refusal that changes more than the session.
public struct RefusalWithChanges: Error {
  let denial: Denial
  let changes: [any DurableChange]

  /// `denial`, and what changes with it.
  public init(_ denial: Denial, changes: [any DurableChange]) { (self.denial, self.changes) = (denial, changes) }
}

extension CommonMutualAuthentication {
  /// SGP.22 §5.6.3 ES9+.AuthenticateClient, §5.8.2 ES11.AuthenticateClient: the eUICC proves itself, and `receive` tells
  /// what waits for it. A refusal ends the session.
  public func authenticateClient<Answer: TLVSequence>(
    _ request: ES9Plus.AuthenticateClient.Request, given: Given, in reader: any Reader,
    receive: (AuthenticateResponseOk, AuthenticatedEUICC, Challenge) throws -> Reception<Answer, Course>
  ) throws -> Decision<Answer> {
    let digest = sha256(request.authenticateServerResponse.encoded)
    let correlation = request.transactionId.description
    guard var session = try sessions.session(request.transactionId, at: given.now, in: reader) else {
      return Decision(
        refusing: Refusal.transactionUnknown.because("no such session"), by: party, correlation: correlation)
    }
    if session.isRepetition(digest) {
      switch session.state {
      case .authenticated:
        return Decision(
          .success(try .init(stored: session.last?.answer ?? [])), correlation: correlation, changes: [])
      case .ended(let refusal?): return Decision(.failure(refusal), correlation: correlation, changes: [])
      default: break
      }
    }
    guard case .awaitingClient(let challenge) = session.state else {
      return Decision(
        refusing: Refusal.transactionUnknown.because("the session is further on"), by: party, correlation: correlation)
    }
    do {
      let (ok, euicc) = try verify(
        request.authenticateServerResponse.value, of: session, answering: challenge, now: given.now)
      let reception = try receive(ok, euicc, challenge)
      session.go(to: .authenticated(reception.course), request: digest, answer: reception.answer.stored)
      return Decision(
        .success(reception.answer), correlation: correlation,
        changes: [SessionChange.updated(session)] + reception.changes)
    } catch let denial as Denial {
      session.go(to: .ended(denial.refusal), request: digest)
      return Decision(
        refusing: denial, by: party, correlation: correlation, changes: [SessionChange.updated(session)])
    } catch let refused as RefusalWithChanges {
      session.go(to: .ended(refused.denial.refusal), request: digest)
      return Decision(
        refusing: refused.denial, by: party, correlation: correlation,
        changes: [SessionChange.updated(session)] + refused.changes)
    }
  }

  /// Verifies the eUICC's proof, in the order of SGP.22 §5.6.3.
  private func verify(
    _ response: ES10b.AuthenticateServer.Response, of session: Session<Course>, answering challenge: Challenge,
    now: Instant
  ) throws(Denial) -> (AuthenticateResponseOk, AuthenticatedEUICC) {
    let ok: AuthenticateResponseOk
    switch response {
    case .ok(let value): ok = value
    case .error(let error):
      throw Refusal.euiccSignatureInvalid.because("the eUICC refused the server: \(error.errorCode)")
    }
    // Verify the validity of CERT.EUM.ECDSA and CERT.EUICC.ECDSA.
    let euicc = try verifyChain(
      euicc: ok.euiccCertificate, eum: ok.eumCertificate, under: challenge.euiccIssuer, now: now)
    // Verify the eUICC signature (euiccSignature1) using PK.EUICC.ECDSA contained in CERT.EUICC.ECDSA.
    guard euicc.key.verifies(ok.euiccSignature1, over: ok.euiccSigned1.encoded) else {
      throw Refusal.euiccSignatureInvalid.because("euiccSignature1 is wrong")
    }
    let signed = ok.euiccSigned1.value
    // Verify that the transactionId is known and relates to an ongoing RSP session.
    guard signed.transactionId == session.transactionId else {
      throw Refusal.transactionUnknown.because("euiccSigned1 bears the session \(signed.transactionId)")
    }
    // Verify that the serverChallenge attached to the ongoing RSP session matches the one returned by the eUICC.
    guard signed.serverChallenge == challenge.serverChallenge, signed.serverAddress == address else {
      throw Refusal.euiccSignatureInvalid.because("euiccSigned1 answers another challenge or address")
    }
    return (ok, euicc)
  }

  /// The eUICC that the chain proves (SGP.22 §4.5.2.2).
  public func verifyChain(
    euicc: Certificate, eum: Certificate, under issuer: KeyIdentifier?, now: Instant
  ) throws(Denial) -> AuthenticatedEUICC {
    if let issuer, eum.authorityKeyIdentifier != issuer {
      throw Refusal.ciPublicKeyUnknown.because("the EUM certificate is not under the issuer that was chosen")
    }
    let verified: VerifiedCertificate
    do { verified = try trust.circle.verify([euicc, eum], as: .euicc, at: now) } catch {
      throw Self.refusal(error).because("\(error)")
    }
    guard let eid = verified.eid else {
      throw Refusal.euiccCertificateInvalid.because("the eUICC certificate bears no EID")
    }
    return AuthenticatedEUICC(eid: eid, key: verified.publicKey)
  }

  /// SGP.22 §5.6.3: 8.1.2 is the EUM's certificate, 8.1.3 the eUICC's.
  private static func refusal(_ error: ChainError) -> Refusal {
    switch (error.reason, error.certificate) {
    case (.unknownRoot, _): .ciPublicKeyUnknown
    case (.expired, .euicc): .euiccCertificateExpired
    case (_, .euicc): .euiccCertificateInvalid
    case (.expired, _): .eumCertificateExpired
    case (_, _): .eumCertificateInvalid
    }
  }
}

extension TLVSequence {
  /// An answer as it is kept for a repetition of its request.
  var stored: [UInt8] {
    var writer = TLVWriter(capacity: 2048)
    writer.write(.sequence, self)
    return writer.bytes
  }

  /// The answer that was kept.
  init(stored bytes: [UInt8]) throws(TLVError) { try self.init(TLVElement(bytes)) }
}
