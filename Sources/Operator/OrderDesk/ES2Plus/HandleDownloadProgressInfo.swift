import Identifiers
import SGP22
import Stations
import Store
import TLV

extension Desk {
  /// SGP.22 §5.3.5 ES2+.HandleDownloadProgressInfo: the SM-DP+ `server` tells how a download goes. It may come twice and
  /// late, and is acknowledged in any case.
  public func handleDownloadProgressInfo(
    _ request: ES2Plus.HandleDownloadProgressInfo.Request, from server: String
  ) -> Decision<NoFields> {
    Decision(
      .success(NoFields()), correlation: request.iccid.digits,
      changes: [DownloadReport(desk: self, request: request, server: server)])
  }
}

/// What a report changes: it is weighed against the order as it stands when it is written.
///
/// The report of an installation is what an order waits for: the SM-DP+ has verified the eUICC's signature over it
/// (§5.6.4), and gives the eUICC's own words as resultData. Both must say the same.
private struct DownloadReport: DurableChange {
  let desk: Desk
  let request: ES2Plus.HandleDownloadProgressInfo.Request
  let server: String

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    func note(_ text: String, of correlation: String, _ kind: Event.Kind) throws(StoreError) {
      try desk.note(
        "HandleDownloadProgressInfo", text, of: correlation, kind: kind, peer: server, now: now, in: transaction)
    }
    guard let order = try OrderTable.find(iccid: request.iccid, in: transaction) else {
      return try note("for no open order", of: request.iccid.digits, .refused)
    }
    let result = InstallationResult(request)
    if let doubt = doubt(about: result, order) { return try note(doubt, of: order.id, .refused) }
    let failure = result.failure
    if request.timestamp >= order.progress?.at ?? request.timestamp {
      try transaction.executeOne(
        "UPDATE esim_order SET point = $2, point_failure = $3, point_at = $4, eid = COALESCE($5, eid) WHERE id = $1",
        order.id, request.notificationPoint.rawValue, failure?.text, request.timestamp, request.eid)
    }
    if order.installedAt == nil, order.failure == nil {
      if result.isInstalled {
        try transaction.executeOne("UPDATE esim_order SET installed_at = $2 WHERE id = $1", order.id, now)
        try Steps.wake(OrderSteps.plan.name, subject: order.id, now: now, in: transaction)
      } else if let failure, failure.isFinal {
        try transaction.executeOne(
          "UPDATE esim_order SET failure = $2, is_spoiled = $3 WHERE id = $1", order.id, failure.text,
          [.bppDownload, .bppInstallation].contains(request.notificationPoint) ? 1 : 0)
        try Steps.wake(OrderSteps.plan.name, subject: order.id, now: now, in: transaction)
      }
    }
    try note("\(request.notificationPoint)" + (failure.map { ": \($0.text)" } ?? ""), of: order.id, .received)
  }

  /// Why the report is not believed; nil where nothing speaks against it.
  private func doubt(about result: InstallationResult, _ order: Order) -> String? {
    if let place = order.server, place != server { return "the order is at the SM-DP+ \(place)" }
    // A profile that no activation code was made for is not on its way to any device.
    guard order.matchingId != nil else { return "the order has no activation code yet" }
    if let eid = request.eid, let wanted = order.wantedEID, eid != wanted {
      return "the order is for the eUICC \(wanted), not for \(eid)"
    }
    return result.contradiction
  }
}
