import APDU
import CircleOfTrust
import SGP22
import SecureElement
import TLV

/// Common mutual authentication, as the eUICC sees it (SGP.22 §3.0.1, §5.7.7, §5.7.13).
extension ISDR {
  /// SGP.22 §5.7.7: the eUICC SHALL generate a new random eUICC Challenge; whatever session there was is over.
  func getEUICCChallenge(
    _ request: ES10b.GetEUICCChallenge.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.GetEUICCChallenge.Response {
    let challenge = exchange.random.bytes(16)
    session = .challenged(challenge)
    return ES10b.GetEUICCChallenge.Response(euiccChallenge: challenge)
  }

  /// SGP.22 §5.7.13.
  func authenticateServer(
    _ request: ES10b.AuthenticateServer.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.AuthenticateServer.Response {
    // A challenge serves once, whatever comes of it.
    let challenge: [UInt8]? = if case .challenged(let challenge) = session { challenge } else { nil }
    session = .none
    do {
      return .ok(try authenticate(request, challenge, in: exchange))
    } catch let refusal as AuthenticateRefusal {
      return .error(
        AuthenticateResponseError(
          transactionId: request.serverSigned1.value.transactionId, errorCode: refusal.code))
    } catch let error as StatusWordError {
      throw error
    } catch {
      throw StatusWordError(.technicalProblem)
    }
  }

  private struct AuthenticateRefusal: Error {
    let code: AuthenticateErrorCode
  }

  private func authenticate(
    _ request: ES10b.AuthenticateServer.Request, _ challenge: [UInt8]?, in exchange: Exchange
  ) throws -> AuthenticateResponseOk {
    let records = CardRecords(exchange.memory)
    let trust = try CardTrust(records, circles)
    guard let challenge else { throw AuthenticateRefusal(code: .noSessionContext) }

    // The eUICC SHALL verify that it has a certificate under euiccCiPKIdToBeUsed.
    let identity = try trust.identity(request.euiccCiPKIdToBeUsed)
    guard let identity else { throw AuthenticateRefusal(code: .ciPKUnknown) }

    // The eUICC SHALL verify CERT.XXauth.ECDSA using the related PK.CI.ECDSA.
    let server: VerifiedCertificate
    do {
      server = try trust.verifyServer(request.serverCertificate)
    } catch {
      throw AuthenticateRefusal(code: Self.code(error))
    }
    // The eUICC SHALL verify serverSignature1 performed over serverSigned1.
    let signed = request.serverSigned1
    guard server.publicKey.verifies(request.serverSignature1, over: signed.encoded) else {
      throw AuthenticateRefusal(code: .invalidSignature)
    }
    // The eUICC SHALL verify that euiccChallenge is the one that it generated.
    guard signed.value.euiccChallenge == challenge else { throw AuthenticateRefusal(code: .euiccChallengeMismatch) }
    // v3: a profile that is to be handed on is here.
    if case .ctxParamsForDeviceChange(let context) = request.ctxParams1, records.profile(.iccid(context.iccid)) == nil {
      throw AuthenticateRefusal(code: .invalidIccid)
    }
    trust.learnTime(from: request.serverCertificate)

    // The eUICC SHALL generate euiccSigned1 and sign it.
    let euiccSigned1 = Verbatim(
      EuiccSigned1(
        transactionId: signed.value.transactionId, serverAddress: signed.value.serverAddress,
        serverChallenge: signed.value.serverChallenge, euiccInfo2: try Self.info2(records),
        ctxParams1: request.ctxParams1), tag: .sequence)
    let signature = try sign(euiccSigned1.encoded, under: identity, eid: trust.constants.eid)
    session = .authenticated(
      Session.Authenticated(
        transactionId: signed.value.transactionId, serverAddress: signed.value.serverAddress, server: server,
        ciPKId: identity.ciPKId, euiccSignature1: rehearsal?.euiccSignature1 ?? signature,
        context: request.ctxParams1))
    return AuthenticateResponseOk(
      euiccSigned1: euiccSigned1, euiccSignature1: signature, euiccCertificate: identity.euiccCertificate,
      eumCertificate: identity.eumCertificate)
  }

  private static func code(_ error: ChainError) -> AuthenticateErrorCode {
    switch error.reason {
    case .unknownRoot: .ciPKUnknown
    case .noIdentity: .invalidOid
    default: .invalidCertificate
    }
  }
}
