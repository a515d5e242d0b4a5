import Identifiers
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store

/// A download, and the act that carries it out, to be stored.
private struct Begun: DurableChange {
  let download: Download

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    let count = try transaction.execute(
      """
      INSERT INTO dp_download (subject, mno, eid, iccid, smsr, credentials, msisdn, imsi, pol2, since, round)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING
      """, download.subject, download.mno, download.target.eid, download.target.iccid, download.smsr,
      download.credentials.encoded, download.address.msisdn, download.address.imsi, download.pol2.rawValue,
      download.since, download.round)
    guard count == 1 else { throw .conflict }
    try Steps.begin(ProfileDownload.plan, subject: download.subject, now: now, in: transaction)
  }
}

extension Desk {
  /// SGP.02 §5.3.2 ES2.DownloadProfile.
  public func downloadProfile(
    _ request: ES2.DownloadProfile.Request, from mno: Requesters.Requester, call: String, given: Given,
    in reader: any Reader
  ) throws -> Decision<NoFields> {
    let (target, subject) = (request.target, "\(mno.identifier) \(call)")
    if let act = try Steps.act(ProfileDownload.name, subject: subject, in: reader) {
      guard let known = try DownloadTable.download(subject, in: reader), known.target == target else {
        throw Refusal.callIdentifierReused.because("\(mno.identifier) used \(call) before")
      }
      guard act.state.isOver else { return Self.underWay(target, []) }
      guard act.state != .done else {
        return Decision(.success(NoFields()), correlation: target.eid.digits, changes: [])
      }
      return Decision(.failure(.downloadFailed), correlation: target.eid.digits, changes: [])
    }
    guard let stock = try DownloadTable.package(target.iccid, in: reader), stock.mno == mno.identifier,
      target.eid == request.credentials.eid
    else { throw Refusal.profileUnknown.because("\(mno.identifier) ordered \(target.iccid) for \(target.eid)") }
    // A profile that is in two eUICCs is a clone.
    guard try !DownloadTable.isTaken(target.iccid, in: reader) else {
      throw Refusal.profileStateWrong.because("\(target.iccid) is downloaded already, or on its way")
    }
    do { _ = try request.credentials.verified(in: trust.circle, at: given.now) } catch {
      throw Refusal.euiccNotVerified.because("\(target.eid): \(error)")
    }
    let download = Download(
      subject: subject, mno: mno.identifier, target: target, smsr: request.smsrId, credentials: request.credentials,
      address: request.subscriptionAddress, pol2: request.pol2, since: given.now)
    return Self.underWay(target, [Begun(download: download)])
  }

  private static func underWay(_ target: ProfileTarget, _ changes: [any DurableChange]) -> Decision<NoFields> {
    var decision = Decision<NoFields>(
      .failure(.functionUnderWay), correlation: target.eid.digits, changes: changes)
    decision.isPending = true
    return decision
  }
}
