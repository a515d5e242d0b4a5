import Identifiers
import SGP22

// SGP.22 §5.3.5 ES2+.HandleDownloadProgressInfo: the operator is told, through the outbox.

extension Desk {
  /// Tells the order's owner, if it wants to know, how the download stands.
  func progress(
    _ order: Order, eid: EID?, at point: ES2Plus.HandleDownloadProgressInfo.NotificationPoint,
    _ status: FunctionExecutionStatus, resultData: [UInt8]? = nil, now: Instant
  ) -> [Change] {
    guard let callback = requesters[order.owner]?.callback else { return [] }
    let request = ES2Plus.HandleDownloadProgressInfo.Request(
      eid: eid, iccid: order.iccid, profileType: order.profileType, timestamp: now, notificationPoint: point,
      notificationPointStatus: status, resultData: resultData)
    let header = JSONBinding.RequestHeader(
      functionRequesterIdentifier: settings.requesterIdentifier,
      functionCallIdentifier: order.callIdentifier("\(point.rawValue)", at: now))
    let errand = Errand(
      .handleDownloadProgressInfo, to: callback, body: JSONBinding.encode(request, header: header))
    return [.send(errand, session: order.iccid.digits)]
  }
}
