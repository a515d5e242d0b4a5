import Identifiers
import MutualAuthentication
import ProfilePackage
import SGP22
import Stations
import Store
import TLV

// SGP.22 §3.5: Notifications, as their receiver sees them.

extension Desk {
  /// SGP.22 §5.6.4 ES9+.HandleNotification: the SM-DP+ SHALL acknowledge and process the notification. Whatever is wrong
  /// with it goes to the record; the device would send it for ever otherwise.
  public func handleNotification(
    _ request: ES9Plus.HandleNotification.Request, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let correlation = request.pendingNotification.notificationMetadata?.iccid?.digits ?? ""
    do {
      let changes: [any DurableChange] =
        switch request.pendingNotification {
        case .profileInstallationResult(let result): try installed(result.value, given: given, in: reader)
        case .otherSignedNotification(let notification): try told(notification.value, given: given, in: reader)
        case .other: throw Refusal.formatInvalid.because("a notification of an unknown kind") as Denial
        }
      return Decision(.success(NoFields()), correlation: correlation, changes: changes)
    } catch let denial as Denial {
      return Decision(
        .success(NoFields()), correlation: correlation,
        changes: [RecordedRefusal(denial, by: Self.party, correlation: correlation)])
    }
  }

  // MARK: Installation

  /// SGP.22 §3.1.3.3: what became of the package.
  private func installed(
    _ result: ProfileInstallationResult, given: Given, in reader: any Reader
  ) throws -> [any DurableChange] {
    let data = result.profileInstallationResultData.value
    guard let session = try authentication.sessions.session(data.transactionId, at: given.now, in: reader) else {
      throw Refusal.transactionUnknown.because(
        "installation result of the unknown or finished session \(data.transactionId)")
    }
    guard case .authenticated(.delivered(let delivered)) = session.state else {
      throw Refusal.transactionUnknown.because(
        "installation result of the session \(data.transactionId), which got no package")
    }
    // SGP.22 §2.5.6: euiccSignPIR is computed over profileInstallationResultData.
    guard delivered.peer.key.verifies(result.euiccSignPIR, over: result.profileInstallationResultData.encoded) else {
      throw Refusal.euiccSignatureInvalid.because("euiccSignPIR is wrong")
    }
    if let oid = data.smdpOid, !credentials.contains(where: { $0.oid == oid }) {
      throw Refusal.smdpOidInvalid.because("the installation result names the SM-DP+ \(oid)")
    }
    if let iccid = data.notificationMetadata.iccid, iccid != delivered.iccid {
      throw Refusal.formatInvalid.because("the installation result names \(iccid), not \(delivered.iccid)")
    }
    guard let order = try OrderBook.order(delivered.iccid, in: reader) else {
      throw Refusal.iccidUnknown.because("the order \(delivered.iccid) is gone")
    }
    return [SessionChange.deleted(session)]
      + (try settle(order, data, of: delivered.peer, now: given.now, in: reader))
  }

  private func settle(
    _ order: Order, _ data: ProfileInstallationResultData, of peer: AuthenticatedEUICC, now: Instant,
    in reader: any Reader
  ) throws -> [Change] {
    var settled = order
    let cause: String
    let status: FunctionExecutionStatus
    switch data.finalResult {
    case .successResult(let success):
      cause = "installed as \(success.aid)"
      status = .executedSuccess
      // A notification of enabling may have overtaken this one: then more is known already.
      if order.state == .downloaded { try? settled.move(to: .installed) }
    case .errorResult(let error):
      let package = try? Package(decoding: packages.package(of: order, in: reader))
      let failure = InstallationFailure(error, package: package)
      cause = failure.description
      let isFinal = !error.errorReason.mayPass || order.attempts >= order.terms.attemptsAllowed
      status = .failed(failure.refusal(isFinal: isFinal))
      if order.state == .downloaded { try? settled.move(to: isFinal ? .error : .released) }
    }
    settled.lastNotification = max(order.lastNotification ?? 0, data.notificationMetadata.seqNumber)
    return [
      .updateOrder(from: order, to: settled, because: cause),
      .record(
        Event(
          at: now, party: Self.party, peer: peer.eid.digits, kind: .received, name: "ProfileInstallationResult",
          correlation: order.iccid.digits, body: .text(cause))),
    ]
      + progress(
        settled, eid: peer.eid, at: .bppInstallation, status,
        resultData: Verbatim(data.finalResult, tag: 0xA2).encoded, now: now)
      + (settled.state == .released ? [] : withdrawEvent(settled, now: now))
  }

  // MARK: Enabling, disabling, deletion

  /// SGP.22 §3.5: what the user did with the profile.
  private func told(
    _ notification: OtherSignedNotification, given: Given, in reader: any Reader
  ) throws -> [any DurableChange] {
    let metadata = notification.tbsOtherNotification.value
    let peer = try authentication.verifyChain(
      euicc: notification.euiccCertificate, eum: notification.eumCertificate, under: nil, now: given.now)
    // SGP.22 §5.7.10: the signature is computed over tbsOtherNotification.
    guard peer.key.verifies(notification.euiccNotificationSignature, over: notification.tbsOtherNotification.encoded)
    else { throw Refusal.euiccSignatureInvalid.because("euiccNotificationSignature is wrong") }
    guard let iccid = metadata.iccid, let order = try OrderBook.order(iccid, in: reader) else {
      throw Refusal.iccidUnknown.because("notification about an unknown profile")
    }
    guard order.eid == peer.eid else {
      throw Refusal.eidMismatch.because("\(peer.eid) tells about \(iccid), which it does not have")
    }
    // Notifications may come twice and out of order; the eUICC's count tells which is the latest.
    guard metadata.seqNumber > order.lastNotification ?? -1 else { return [] }
    guard let next = Self.state(after: metadata.profileManagementOperation) else {
      throw Refusal.formatInvalid.because("notification of an unknown event")
    }
    var told = order
    do { try told.move(to: next) } catch { throw Refusal.profileTransitionInvalid.because("\(iccid): \(error)") }
    told.lastNotification = metadata.seqNumber
    return [Change.updateOrder(from: order, to: told, because: "notification \(metadata.seqNumber) of \(peer.eid)")]
  }

  private static func state(after operation: NamedBits<NotificationEvent>) -> Order.State? {
    switch operation.named {
    case [.notificationInstall]: .installed
    case [.notificationEnable]: .enabled
    case [.notificationDisable]: .disabled
    case [.notificationDelete]: .deleted
    default: nil
    }
  }
}
