import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store
import TLV

/// A refusal that is also the order's end: its time or its tries are over.
struct OrderFault: Error {
  let denial: Denial
  let order: Order
}

// SGP.22 §5.6.3: the profile that waits for an authenticated eUICC.

extension Desk {
  /// The order that the eUICC may download now.
  func find(
    _ signed: EuiccSigned1, peer: AuthenticatedEUICC, now: Instant, in reader: any Reader
  ) throws -> Order {
    guard let context = signed.ctxParams1.common else {
      throw Refusal.functionUnsupported.because("a device change, or a profile recovery, was asked for")
    }
    // SGP.22 §5.6.3: with a MatchingID, the order it names; without, the one that waits for this EID.
    let found =
      if let token = context.matchingId, !token.isEmpty {
        // What is no MatchingID (SGP.22 §4.1.1) names no order, and is not repeated in the record.
        try MatchingId(token).flatMap { try OrderBook.order(matchingId: $0.text, in: reader) }
      } else {
        try OrderBook.defaultOrder(for: peer.eid, in: reader)
      }
    guard let order = found else {
      let token = context.matchingId.map { MatchingId($0)?.text ?? "of other characters" }
      throw Refusal.matchingIdRefused.because("no order has the MatchingID \"\(token ?? "")\"")
    }
    try check(order, for: peer, now: now)
    if let (refusal, detail) = eligibility.objection(
      to: order, euiccInfo2: signed.euiccInfo2, deviceInfo: context.deviceInfo)
    {
      throw refusal.because("\(order.iccid): \(detail)")
    }
    guard order.attempts < order.terms.attemptsAllowed else {
      throw OrderFault(
        denial: Refusal.downloadRetriesExceeded.because("\(order.iccid): \(order.attempts) downloads were begun"),
        order: order)
    }
    return order
  }

  /// Whether `order` may be downloaded by the eUICC `peer` now.
  func check(_ order: Order, for peer: AuthenticatedEUICC, now: Instant) throws {
    // SGP.22 §5.6.3: if the order is linked to an EID, it SHALL be that of the authenticated eUICC. Nobody else learns
    // anything about the order's state.
    guard order.eid == nil || order.eid == peer.eid else {
      throw Refusal.eidMismatch.because("\(order.iccid) is for another eUICC than \(peer.eid)")
    }
    switch order.state {
    case .released, .downloaded: break
    case .allocated, .linked, .confirmed:
      throw Refusal.profileNotReleased.because("\(order.iccid) is \(order.state)")
    case .error
    where order.attempts >= order.terms.attemptsAllowed || order.codeAttempts >= order.terms.codeAttemptsAllowed:
      throw Refusal.downloadRetriesExceeded.because("\(order.iccid) has no tries left")
    case .error where order.isExpired(at: now):
      throw Refusal.downloadOrderExpired.because("\(order.iccid) has expired")
    case .available, .installed, .enabled, .disabled, .deleted, .error, .unavailable:
      throw Refusal.matchingIdRefused.because("\(order.iccid) is \(order.state)")
    }
    if order.isExpired(at: now) {
      throw OrderFault(
        denial: Refusal.downloadOrderExpired.because("\(order.iccid) expired at \(order.expiry ?? now)"), order: order)
    }
  }

  /// What the eUICC is offered, and the session's next state.
  func offer(
    _ order: Order, to peer: AuthenticatedEUICC, answering ok: AuthenticateResponseOk, transactionId: TransactionId,
    challenge: Challenge, in reader: any Reader
  ) throws -> (response: ES9Plus.AuthenticateClient.Response, state: DownloadCourse.Offered) {
    guard let credentials = credentials.first(where: { $0.issuer == challenge.issuer }) else {
      throw Refusal.providerFailed.because("our certificates under \(challenge.issuer) are gone")
    }
    let metadata: Verbatim<StoreMetadataRequest>
    do { metadata = try Verbatim(TLVElement(order.metadata)) } catch {
      throw Refusal.providerFailed.because("\(order.iccid): the profile's description is damaged: \(error)")
    }
    // SGP.22 §5.6.3: if a package was bound for this eUICC before, bppEuiccOtpk is the key it was bound to.
    let bound = order.state == .downloaded ? try BoundProfileTable.euiccOtpk(order.iccid, in: reader) : nil
    let smdpSigned2 = Verbatim(
      SmdpSigned2(
        transactionId: transactionId, ccRequiredFlag: order.terms.confirmationHash != nil,
        bppEuiccOtpk: bound), tag: .sequence)
    // SGP.22 §5.6.3: smdpSignature2 is computed with SK.DPpb.ECDSA over smdpSigned2 and euiccSignature1.
    let smdpSignature2 = try credentials.profileBindingKey.sign(smdpSigned2.toBeSigned(with: ok.euiccSignature1))
    let response = ES9Plus.AuthenticateClient.Response(
      transactionId: transactionId, profileMetadata: metadata,
      prepareDownloadRequest: ES10b.PrepareDownload.Request(
        smdpSigned2: smdpSigned2, smdpSignature2: smdpSignature2, hashCc: nil,
        smdpCertificate: credentials.profileBindingCertificate))
    return (
      response,
      DownloadCourse.Offered(
        peer: peer, issuer: challenge.issuer, iccid: order.iccid, smdpSigned2: smdpSigned2,
        smdpSignature2: smdpSignature2)
    )
  }

  /// A download begins: it is counted before anything is given.
  func begin(_ order: Order, by peer: AuthenticatedEUICC, now: Instant) -> [Change] {
    var begun = order
    begun.attempts += 1
    if order.terms.bindsToFirst { begun.eid = peer.eid }
    return [.updateOrder(from: order, to: begun, because: "AuthenticateClient")]
      + progress(begun, eid: peer.eid, at: .eligibilityAndRetryLimitCheck, .executedSuccess, now: now)
  }

  /// The order ends in an error, and its owner is told.
  func fail(
    _ fault: OrderFault, by peer: AuthenticatedEUICC,
    at point: ES2Plus.HandleDownloadProgressInfo.NotificationPoint, now: Instant
  ) -> [Change] {
    var failed = fault.order
    guard (try? failed.move(to: .error)) != nil else { return [] }
    return [.updateOrder(from: fault.order, to: failed, because: fault.denial.refusal.description)]
      + progress(failed, eid: peer.eid, at: point, .failed(fault.denial.refusal), now: now)
      + withdrawEvent(failed, now: now)
  }
}
