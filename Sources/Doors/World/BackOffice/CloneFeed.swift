import AuC
import Bytes
import DeviceChange
import Identifiers
import Keys
import SGP22

/// What SM-DP+ and authentication centre see of profiles and keys, as sightings of the desk for moves.
public struct CloneFeed {
  private let desk: DeviceChange.Desk
  private let random: any RandomSource

  /// Into `desk`; `random` names alarms.
  public init(_ desk: DeviceChange.Desk, random: any RandomSource) { (self.desk, self.random) = (desk, random) }

  /// An installation that the SM-DP+ has verified; other reports say nothing of where a profile is.
  public func hear(
    _ report: ES2Plus.HandleDownloadProgressInfo.Request, of imsi: IMSI, from server: String, now: Instant
  ) throws {
    guard let eid = report.eid, report.notificationPoint == .bppInstallation,
      report.notificationPointStatus == .executedSuccess
    else { return }
    try desk.saw(.profile(report.iccid, imsi, on: eid, by: server), now: now, random: random)
  }

  /// USIMs whose own numbers went back since `time`. Returns when to look from next.
  public func look(at centre: AuC.Desk, since time: Instant, now: Instant) throws -> Instant {
    let doubts = try centre.counterDoubts(since: time)
    for doubt in doubts {
      func words(_ word: CounterDoubt.Word) -> String { "SEQ \(word.seq) at \(word.node), \(word.at)" }
      try desk.saw(
        .counter(doubt.imsi, keys: doubt.change, before: words(doubt.before), after: words(doubt.after)), now: now,
        random: random)
    }
    return doubts.last.map { $0.after.at + .milliseconds(1) } ?? time
  }
}
