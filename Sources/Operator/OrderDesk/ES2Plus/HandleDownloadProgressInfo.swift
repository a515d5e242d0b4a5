import Identifiers
import SGP22
import Store
import TLV

extension Desk {
  /// SGP.22 §5.3.5 ES2+.HandleDownloadProgressInfo: the SM-DP+ tells how a download goes. It may come twice and late.
  ///
  /// The report of an installation is what an order waits for: the SM-DP+ has verified the eUICC's signature over it
  /// (§5.6.4), and gives the eUICC's own words as resultData. Both must say the same.
  public func handleDownloadProgressInfo(
    _ request: ES2Plus.HandleDownloadProgressInfo.Request, from server: String, now: Instant
  ) throws {
    try perform { transaction in
      guard let order = try OrderTable.find(iccid: request.iccid, in: transaction) else {
        return try note(
          "HandleDownloadProgressInfo", "for no open order", of: request.iccid.digits, kind: .refused, peer: server,
          now: now, in: transaction)
      }
      let failure = Self.failure(request.notificationPointStatus)
      let isInstalled = request.notificationPoint == .bppInstallation && failure == nil
      if let doubt = Self.doubt(about: request, isInstalled: isInstalled, order) {
        return try note(
          "HandleDownloadProgressInfo", doubt, of: order.id, kind: .refused, peer: server, now: now, in: transaction)
      }
      if request.timestamp >= order.progress?.at ?? request.timestamp {
        try transaction.executeOne(
          "UPDATE esim_order SET point = $2, point_failure = $3, point_at = $4, eid = COALESCE($5, eid) WHERE id = $1",
          order.id, request.notificationPoint.rawValue, failure, request.timestamp, request.eid)
      }
      if isInstalled, order.installedAt == nil {
        try transaction.executeOne("UPDATE esim_order SET installed_at = $2 WHERE id = $1", order.id, now)
        try Steps.wake(OrderSteps.plan.name, subject: order.id, now: now, in: transaction)
      }
      let text = "\(request.notificationPoint)" + (failure.map { ": \($0)" } ?? "")
      try note(
        "HandleDownloadProgressInfo", text, of: order.id, kind: .received, peer: server, now: now, in: transaction)
    }
  }

  private static func failure(_ status: FunctionExecutionStatus) -> String? {
    switch status {
    case .executedSuccess, .executedWithWarning: nil
    case .failed(let refusal), .expired(let refusal): String(refusal.description.prefix(500))
    }
  }

  /// Why a report is not believed; nil where nothing speaks against it.
  private static func doubt(
    about request: ES2Plus.HandleDownloadProgressInfo.Request, isInstalled: Bool, _ order: Order
  ) -> String? {
    // A profile that no activation code was made for is not on its way to any device.
    guard order.matchingId != nil else { return "the order has no activation code yet" }
    if let eid = request.eid, let wanted = order.wantedEID, eid != wanted {
      return "the order is for the eUICC \(wanted), not for \(eid)"
    }
    guard isInstalled, let data = request.resultData else { return nil }
    // ProfileInstallationResultData.finalResult [2] CHOICE { successResult SuccessResult, errorResult ErrorResult }
    do {
      let element = try TLVElement(data)
      guard element.tag == 0xA2 else { return "the eUICC's result has the tag \(element.tag)" }
      switch try ProfileInstallationResultData.FinalResult(element) {
      case .successResult: return nil
      case .errorResult: return "the eUICC's own result is an error"
      }
    } catch { return "the eUICC's result cannot be read: \(error)" }
  }
}
