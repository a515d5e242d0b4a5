import APDU
import Bytes
import CircleOfTrust
import Keys
import SGP22
import SecureElement
import TLV

/// Profile download up to the package, as the eUICC sees it (SGP.22 §3.1.3, §5.7.5, §5.7.14).
extension ISDR {
  /// SGP.22 §5.7.5.
  func prepareDownload(
    _ request: ES10b.PrepareDownload.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.PrepareDownload.Response {
    do {
      return .ok(try prepare(request, in: exchange))
    } catch let refusal as DownloadRefusal {
      return .error(
        PrepareDownloadResponseError(
          transactionId: request.smdpSigned2.value.transactionId, errorCode: refusal.code))
    } catch let error as StatusWordError {
      throw error
    } catch {
      throw StatusWordError(.technicalProblem)
    }
  }

  private struct DownloadRefusal: Error {
    let code: DownloadErrorCode
  }

  private func prepare(
    _ request: ES10b.PrepareDownload.Request, in exchange: Exchange
  ) throws -> PrepareDownloadResponseOk {
    guard case .authenticated(let server) = session, server.server.role == .dpAuthentication else {
      throw DownloadRefusal(code: .noSessionContext)
    }
    let records = CardRecords(exchange.memory)
    let trust = try CardTrust(records, circles)
    let signed = request.smdpSigned2

    // The eUICC SHALL verify CERT.DPpb.ECDSA, that it belongs to the same entity as CERT.DPauth.ECDSA (the same OID) and
    // that both are signed by the same CI.
    guard let binding = try? trust.verify(request.smdpCertificate, as: .dpProfileBinding),
      let oid = binding.oid, oid == server.server.oid,
      binding.root == server.server.root
    else { throw DownloadRefusal(code: .invalidCertificate) }
    // The eUICC SHALL verify smdpSignature2 over smdpSigned2 and euiccSignature1.
    let toBeSigned = signed.toBeSigned(with: server.euiccSignature1)
    guard binding.publicKey.verifies(request.smdpSignature2, over: toBeSigned) else {
      throw DownloadRefusal(code: .invalidSignature)
    }
    // The eUICC SHALL verify that the transactionId matches that of the on-going RSP session.
    guard signed.value.transactionId == server.transactionId else {
      throw DownloadRefusal(code: .invalidTransactionId)
    }
    guard !signed.value.ccRequiredFlag || request.hashCc != nil else { throw DownloadRefusal(code: .undefinedError) }
    guard let identity = try trust.identity(server.ciPKId) else { throw DownloadRefusal(code: .undefinedError) }
    trust.learnTime(from: request.smdpCertificate)

    let otpk = try oneTimeKey(for: oid, like: signed.value.bppEuiccOtpk, curve: binding.publicKey.curve, in: exchange)
    let euiccSigned2 = Verbatim(
      EUICCSigned2(
        transactionId: server.transactionId, euiccOtpk: otpk,
        hashCc: signed.value.ccRequiredFlag ? request.hashCc : nil), tag: .sequence)
    let signature = try sign(
      euiccSigned2.toBeSigned(with: request.smdpSignature2), under: identity, eid: trust.constants.eid)
    session = .prepared(Session.Prepared(authenticated: server, binding: binding, euiccOtpk: otpk))
    return PrepareDownloadResponseOk(euiccSigned2: euiccSigned2, euiccSignature2: signature)
  }

  /// SGP.22 §5.7.5: if bppEuiccOtpk is a one-time key that the eUICC made for this SM-DP+ and has not used, it is used
  /// again; else a new pair is made. It is kept until an installation result uses it up.
  private func oneTimeKey(
    for smdpOid: OID, like wanted: [UInt8]?, curve: Curve, in exchange: Exchange
  ) throws -> [UInt8] {
    let records = CardRecords(exchange.memory)
    var keys = records.oneTimeKeys
    if let wanted, keys.contains(where: { $0.point == wanted && $0.smdpOid == smdpOid && $0.key.curve == curve }) {
      return wanted
    }
    let key = rehearsal?.oneTimeKey ?? PrivateKey(curve, random: exchange.random)
    keys.append(try OneTimeKey(key, smdpOid: smdpOid, vault: vault, random: exchange.random))
    records.oneTimeKeys = keys.suffix(OneTimeKey.limit)
    return key.publicKey.point
  }

  /// SGP.22 §5.7.14: the session is over, and the eUICC signs why.
  func cancelSession(
    _ request: ES10b.CancelSession.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.CancelSession.Response {
    guard let server = session.authenticated, server.transactionId == request.transactionId else {
      return .error(.invalidTransactionId)
    }
    let trust = try CardTrust(CardRecords(exchange.memory), circles)
    guard let oid = server.server.oid, let identity = try trust.identity(server.ciPKId) else {
      return .error(.undefinedError)
    }
    let signed = Verbatim(
      EuiccCancelSessionSigned(transactionId: server.transactionId, smdpOid: oid, reason: request.reason),
      tag: .sequence)
    let signature = try sign(signed.encoded, under: identity, eid: trust.constants.eid)
    session = .none
    return .ok(CancelSessionResponseOk(euiccCancelSessionSigned: signed, euiccCancelSessionSignature: signature))
  }
}
