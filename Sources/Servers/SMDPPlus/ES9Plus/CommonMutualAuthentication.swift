import CircleOfTrust
import Identifiers
import Keys
import SGP22
import Store
import TLV

// SGP.22 §3.0.1: Common mutual authentication, as the SM-DP+ sees it.

extension Desk {
  /// SGP.22 §5.6.1 ES9+.InitiateAuthentication: the server signs the eUICC's challenge and gives one of its own.
  public func initiateAuthentication(
    _ request: ES9Plus.InitiateAuthentication.Request, given: Given, in reader: any Reader
  ) throws -> Decision<ES9Plus.InitiateAuthentication.Response> {
    let digest = sha256(request.encoded)
    if let session = try SessionTable.session(euiccChallenge: request.euiccChallenge, in: reader) {
      return try again(session, digest: digest)
    }
    let (credentials, euiccIssuer): (Credentials, KeyIdentifier)
    do {
      try checkAddress(request.smdpAddress)
      try checkVersion(request.euiccInfo1)
      (credentials, euiccIssuer) = try negotiate(request.euiccInfo1)
    } catch let denial as Denial {
      return .refuse(denial, correlation: request.smdpAddress)
    }
    guard let transactionId = TransactionId(given.random.bytes(16)) else { throw StoreError.misuse("no random bytes") }
    let serverChallenge = given.random.bytes(16)
    // SGP.22 §5.6.1: the SM-DP+ SHALL generate serverSigned1 and compute serverSignature1 with SK.DPauth.ECDSA.
    let serverSigned1 = Verbatim(
      ServerSigned1(
        transactionId: transactionId, euiccChallenge: request.euiccChallenge, serverAddress: settings.address,
        serverChallenge: serverChallenge), tag: .sequence)
    let response = ES9Plus.InitiateAuthentication.Response(
      transactionId: transactionId, serverSigned1: serverSigned1,
      serverSignature1: try credentials.authentication.key.sign(serverSigned1.encoded),
      euiccCiPKIdToBeUsed: euiccIssuer, serverCertificate: credentials.authentication.certificate)
    var session = Session(
      transactionId: transactionId, euiccChallenge: request.euiccChallenge,
      expiry: given.now + settings.sessionLifetime,
      challenge: Session.Challenge(
        serverChallenge: serverChallenge, issuer: credentials.issuer, euiccIssuer: euiccIssuer))
    session.begin(request: digest, answer: response.stored)
    return Decision(.success(response), correlation: transactionId.description, [.insertSession(session)])
  }

  /// A challenge that began a session before: the same request gets the same answer, another one is a replay.
  private func again(
    _ session: Session, digest: [UInt8]
  ) throws -> Decision<ES9Plus.InitiateAuthentication.Response> {
    guard session.isRepetition(digest), let answer = session.last?.answer else {
      return .refuse(
        Refusal.formatInvalid.because("the eUICC's challenge was used before"),
        correlation: session.transactionId.description)
    }
    return Decision(
      .success(try ES9Plus.InitiateAuthentication.Response(stored: answer)),
      correlation: session.transactionId.description)
  }

  /// SGP.22 §5.6.1: verify that the received address matches its own SM-DP+ address; the comparison SHALL be
  /// case-insensitive. A port is a matter of the link.
  private func checkAddress(_ address: String) throws(Denial) {
    guard let wanted = FQDN(address)?.name, wanted == FQDN(settings.address)?.name else {
      throw Refusal.smdpAddressRefused.because("the device asked for \(address)")
    }
  }

  /// SGP.22 §5.6.1: check that the SVN indicated by the eUICC is supported.
  private func checkVersion(_ euiccInfo1: EUICCInfo1) throws(Denial) {
    guard euiccInfo1.svn >= settings.lowestVersion else {
      throw Refusal.svnUnsupported.because("the eUICC is of version \(euiccInfo1.svn)")
    }
  }

  /// SGP.22 §5.6.1: the certificates of ours that the eUICC can verify, and the issuer, preferred by the eUICC, whose
  /// certificates we can verify.
  private func negotiate(
    _ euiccInfo1: EUICCInfo1
  ) throws(Denial) -> (credentials: Credentials, euiccIssuer: KeyIdentifier) {
    // If none of the CI keys for verification is one of ours there is no CERT.DPauth to give.
    guard
      let credentials = euiccInfo1.euiccCiPKIdListForVerification.lazy
        .compactMap({ issuer in credentials.first { $0.issuer == issuer } }).first
    else {
      throw Refusal.noServerCertificate.because("the eUICC verifies \(euiccInfo1.euiccCiPKIdListForVerification)")
    }
    guard let euiccIssuer = euiccInfo1.euiccCiPKIdListForSigning.first(where: { circle.root($0) != nil }) else {
      throw Refusal.noCommonPublicKeyIdentifier.because("the eUICC signs under \(euiccInfo1.euiccCiPKIdListForSigning)")
    }
    return (credentials, euiccIssuer)
  }

  /// SGP.22 §5.6.3 ES9+.AuthenticateClient: the eUICC proves itself, and the profile that waits for it is told.
  public func authenticateClient(
    _ request: ES9Plus.AuthenticateClient.Request, given: Given, in reader: any Reader
  ) throws -> Decision<ES9Plus.AuthenticateClient.Response> {
    let digest = sha256(request.authenticateServerResponse.encoded)
    let correlation = request.transactionId.description
    guard var session = try SessionTable.session(request.transactionId, at: given.now, in: reader) else {
      return .refuse(Refusal.transactionUnknown.because("no such session"), correlation: correlation)
    }
    if session.isRepetition(digest) {
      switch session.state {
      case .authenticated:
        return Decision(.success(try .init(stored: session.last?.answer ?? [])), correlation: correlation)
      case .ended(let refusal?): return Decision(.failure(refusal), correlation: correlation)
      default: break
      }
    }
    guard case .awaitingClient(let challenge) = session.state else {
      return .refuse(Refusal.transactionUnknown.because("the session is further on"), correlation: correlation)
    }
    do {
      let (ok, peer) = try verify(
        request.authenticateServerResponse.value, of: session, answering: challenge, now: given.now)
      let order = try find(ok.euiccSigned1.value, peer: peer, now: given.now, in: reader)
      let offer = try offer(order, to: peer, answering: ok, session: session, challenge: challenge, in: reader)
      session.go(to: .authenticated(offer.state), request: digest, answer: offer.response.stored)
      return Decision(
        .success(offer.response), correlation: correlation,
        [.updateSession(session)] + begin(order, by: peer, now: given.now))
    } catch let denial as Denial {
      session.go(to: .ended(denial.refusal), request: digest)
      return .refuse(denial, correlation: correlation, [.updateSession(session)])
    } catch let fault as OrderFault {
      session.go(to: .ended(fault.denial.refusal), request: digest)
      return .refuse(
        fault.denial, correlation: correlation,
        [.updateSession(session)] + fail(fault, at: .eligibilityAndRetryLimitCheck, now: given.now))
    }
  }

  /// Verifies the eUICC's proof, in the order of SGP.22 §5.6.3.
  private func verify(
    _ response: ES10b.AuthenticateServer.Response, of session: Session, answering challenge: Session.Challenge,
    now: Instant
  ) throws(Denial) -> (AuthenticateResponseOk, Session.Peer) {
    let ok: AuthenticateResponseOk
    switch response {
    case .ok(let value): ok = value
    case .error(let error):
      throw Refusal.euiccSignatureInvalid.because("the eUICC refused the server: \(error.authenticateErrorCode)")
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
    guard signed.serverChallenge == challenge.serverChallenge, signed.serverAddress == settings.address else {
      throw Refusal.euiccSignatureInvalid.because("euiccSigned1 answers another challenge or address")
    }
    return (ok, euicc)
  }

  /// The eUICC that the chain proves (SGP.22 §4.5.2.2).
  func verifyChain(
    euicc: Certificate, eum: Certificate, under issuer: KeyIdentifier?, now: Instant
  ) throws(Denial) -> Session.Peer {
    if let issuer, eum.authorityKeyIdentifier != issuer {
      throw Refusal.ciPublicKeyUnknown.because("the EUM certificate is not under the issuer that was chosen")
    }
    do {
      let verified = try circle.verify([euicc, eum], as: .euicc, at: now)
      guard let eid = verified.eid else {
        throw Refusal.euiccCertificateInvalid.because("the eUICC certificate bears no EID")
      }
      return Session.Peer(eid: eid, key: verified.publicKey)
    } catch let error as ChainError {
      throw Self.refusal(error).because("\(error)")
    } catch let denial as Denial {
      throw denial
    } catch {
      throw Refusal.euiccCertificateInvalid.because("\(error)")
    }
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
