import Identifiers
import Keys
import MutualAuthentication
import SGP22
import Stations
import Store
import TLV

// SGP.22 §3.0.2: Common cancel session, as the SM-DP+ sees it.

extension Desk {
  /// SGP.22 §5.6.5 ES9+.CancelSession: the device gives the session up, and the eUICC signs why.
  public func cancelSession(
    _ request: ES9Plus.CancelSession.Request, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let digest = sha256(request.cancelSessionResponse.encoded)
    let correlation = request.transactionId.description
    guard var session = try authentication.sessions.session(request.transactionId, at: given.now, in: reader) else {
      return .refuse(Refusal.transactionUnknown.because("no such session"), correlation: correlation)
    }
    if session.isRepetition(digest), case .ended(nil) = session.state {
      return Decision(.success(NoFields()), correlation: correlation)
    }
    let (peer, iccid): (AuthenticatedEUICC, ICCID)
    let issuer: Credentials?
    switch session.state {
    case .authenticated(.offered(let state)):
      (peer, iccid, issuer) = (state.peer, state.iccid, credentials.first { $0.issuer == state.issuer })
    case .authenticated(.delivered(let state)):
      (peer, iccid, issuer) = (state.peer, state.iccid, credentials.first { $0.issuer == state.issuer })
    case .awaitingClient, .ended:
      return .refuse(
        Refusal.transactionUnknown.because("nobody is authenticated in the session"), correlation: correlation)
    }
    do {
      let reason = try verify(request.cancelSessionResponse.value, of: session, peer, oid: issuer?.oid)
      let order = try OrderBook.order(iccid, in: reader)
      session.go(to: .ended(nil), request: digest)
      return Decision(
        .success(NoFields()), correlation: correlation,
        changes: [SessionChange.updated(session)] + cancel(order, because: reason, of: peer, now: given.now))
    } catch let denial as Denial {
      // A forged cancellation leaves the session as it was.
      return .refuse(denial, correlation: correlation)
    }
  }

  private func verify(
    _ response: ES10b.CancelSession.Response, of session: Session<DownloadCourse>, _ peer: AuthenticatedEUICC, oid: OID?
  ) throws(Denial) -> CancelSessionReason {
    let ok: CancelSessionResponseOk
    switch response {
    case .ok(let value): ok = value
    case .error(let code):
      throw Refusal.euiccSignatureInvalid.because("the eUICC could not cancel the session: \(code)")
    }
    let signed = ok.euiccCancelSessionSigned
    // SGP.22 §5.6.5: verify the eUICC signature (euiccCancelSessionSignature).
    guard peer.key.verifies(ok.euiccCancelSessionSignature, over: signed.encoded) else {
      throw Refusal.euiccSignatureInvalid.because("euiccCancelSessionSignature is wrong")
    }
    guard signed.value.transactionId == session.transactionId else {
      throw Refusal.transactionUnknown.because("euiccCancelSessionSigned bears another session")
    }
    // SGP.22 §5.6.5: verify that the received smdpOid corresponds to the SM-DP+.
    guard signed.value.smdpOid == oid else {
      throw Refusal.smdpOidInvalid.because("euiccCancelSessionSigned names the SM-DP+ \(signed.value.smdpOid)")
    }
    return signed.value.reason
  }

  private func cancel(
    _ order: Order?, because reason: CancelSessionReason, of peer: AuthenticatedEUICC, now: Instant
  ) -> [Change] {
    guard let order, [.released, .downloaded].contains(order.state) else { return [] }
    // SGP.22 §5.6.5: with a terminal code the download process is terminated; with another one it may begin again.
    guard reason.endsOrder else { return [] }
    var cancelled = order
    guard (try? cancelled.move(to: .error)) != nil else { return [] }
    let point: ES2Plus.HandleDownloadProgressInfo.NotificationPoint =
      order.state == .released ? .eligibilityAndRetryLimitCheck : .bppDownload
    var refusal = Refusal.euiccFailed
    refusal.message = "cancelled: \(reason)"
    return [.updateOrder(from: order, to: cancelled, because: "cancelled: \(reason)")]
      + progress(cancelled, eid: peer.eid, at: point, .failed(refusal), now: now)
      + withdrawEvent(cancelled, now: now)
  }
}
