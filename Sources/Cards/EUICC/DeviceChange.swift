import APDU
import CircleOfTrust
import SGP22
import SecureElement
import TLV

/// Device change and profile recovery, as the eUICC sees them (SGP.22 v3.1 §3.11, §5.7.27, §5.7.28). CERT.DPauth, with
/// which the server was authenticated, is the key of all its words here.
extension ISDR {
  /// SGP.22 v3.1 §5.7.27.
  func prepareDeviceChange(
    _ request: ES10b.PrepareDeviceChange.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.PrepareDeviceChange.Response {
    do { return .ok(try prepare(request, in: exchange)) } catch let refusal as ChangeRefusal {
      return .error(.init(transactionId: request.smdpSigned4.value.transactionId, errorCode: refusal.code))
    } catch let error as StatusWordError { throw error } catch { throw StatusWordError(.technicalProblem) }
  }

  private struct ChangeRefusal: Error { let code: DownloadErrorCode }

  private func prepare(
    _ request: ES10b.PrepareDeviceChange.Request, in exchange: Exchange
  ) throws -> PrepareDeviceChangeResponseOk {
    guard case .authenticated(let server) = session, server.server.role == .dpAuthentication,
      case .ctxParamsForDeviceChange(let context) = server.context
    else { throw ChangeRefusal(code: .noSessionContext) }
    let signed = request.smdpSigned4
    // The eUICC SHALL verify smdpSignature4 over smdpSigned4 and euiccSignature1.
    guard
      server.server.publicKey.verifies(request.smdpSignature4, over: signed.toBeSigned(with: server.euiccSignature1))
    else { throw ChangeRefusal(code: .invalidSignature) }
    guard signed.value.transactionId == server.transactionId else {
      throw ChangeRefusal(code: .invalidTransactionId)
    }
    guard !signed.value.ccRequiredFlag || request.hashCc != nil else { throw ChangeRefusal(code: .undefinedError) }
    let trust = try CardTrust(CardRecords(exchange.memory), circles)
    guard let identity = try trust.identity(server.ciPKId) else { throw ChangeRefusal(code: .undefinedError) }
    let euiccSigned3 = Verbatim(
      EUICCSigned3(
        transactionId: server.transactionId, hashCc: signed.value.ccRequiredFlag ? request.hashCc : nil),
      tag: .sequence)
    let signature = try sign(
      euiccSigned3.toBeSigned(with: request.smdpSignature4), under: identity, eid: trust.constants.eid)
    session = .handingOn(
      Session.HandingOn(authenticated: server, iccid: context.iccid, euiccSignature3: signature))
    return PrepareDeviceChangeResponseOk(euiccSigned3: euiccSigned3, euiccSignature3: signature)
  }

  /// SGP.22 v3.1 §5.7.28.
  func verifyDeviceChange(
    _ request: ES10b.VerifyDeviceChange.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.VerifyDeviceChange.Response {
    switch request {
    case .deviceChangeConfirmation(let word): try confirm(word, in: exchange)
    case .profileRecoveryResponse(let word): verifyRecovery(word)
    }
  }

  private func confirm(
    _ word: ServerWord<SmdpSigned5>, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.VerifyDeviceChange.Response {
    guard case .handingOn(let state) = session else { return .error(.noSession) }
    let server = state.authenticated
    guard server.server.publicKey.verifies(word.signature, over: word.signed.toBeSigned(with: state.euiccSignature3))
    else { return .error(.invalidSignature) }
    guard word.signed.value.transactionId == server.transactionId else { return .error(.invalidTransactionId) }
    guard let data = word.signed.value.deviceChangeData else {
      session = .none
      return .ok(nil)
    }
    // What the person confirmed was this profile.
    guard data.iccid == state.iccid else { return .error(.invalidData) }
    if data.deleteOldProfile {
      switch try deleteProfile(.init(profileIdentifier: .iccid(data.iccid)), in: exchange).result {
      case .ok: break
      // The session bears it: disabled first, it is asked for again.
      case .profileNotInDisabledState: return .error(.profileNotInDisabledState)
      default: return .error(.undefinedError)
      }
    }
    session = .none
    return .ok(data)
  }

  /// §3.11.2: where the lost profile is had again is the SM-DP+'s own word.
  private func verifyRecovery(_ word: ServerWord<SmdpSigned4>) -> ES10b.VerifyDeviceChange.Response {
    guard case .authenticated(let server) = session, server.server.role == .dpAuthentication,
      case .ctxParamsForProfileRecovery = server.context
    else { return .error(.noSession) }
    guard server.server.publicKey.verifies(word.signature, over: word.signed.toBeSigned(with: server.euiccSignature1))
    else { return .error(.invalidSignature) }
    guard word.signed.value.transactionId == server.transactionId else { return .error(.invalidTransactionId) }
    session = .none
    return .ok(nil)
  }
}
