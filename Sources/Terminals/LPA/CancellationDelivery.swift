import SGP22
import Transport

/// SGP.22 §3.0.2: the servers of cancelled downloads are told what the eUICC signed, until they take it.
public struct CancellationDelivery: Procedure {
  /// What became of the cancellations.
  public struct Outcome: Hashable, Sendable {
    /// Taken by their servers, or of sessions that these have forgotten.
    public var settled: [DownloadRecord] = []
    /// Still to be told.
    public var waiting: [DownloadRecord] = []
  }

  private var queue: ArraySlice<DownloadRecord>
  private var current: DownloadRecord?
  private var outcome = Outcome()

  /// Delivers what is `owed`, the oldest first.
  public init(_ owed: [DownloadRecord]) { queue = owed[...] }

  public var progress: Progress {
    let done = outcome.settled.count + outcome.waiting.count
    return Progress(activity: "telling of cancellations", done: done, total: max(1, done + queue.count + 1))
  }

  public mutating func next(_ answer: Answer) throws(Problem) -> Step<Outcome> {
    if let record = current, let owed = record.cancellation {
      do throws(Problem) {
        _ = try answer.server(ES9Plus.CancelSession.self, at: owed.address)
        outcome.settled.append(record)
      } catch {
        if error.leavesCancellationOpen { outcome.waiting.append(record) } else { outcome.settled.append(record) }
      }
    }
    return advance()
  }

  public mutating func unreachable(_ error: LinkError) -> Step<Outcome> {
    if let current { outcome.waiting.append(current) }
    return advance()
  }

  private mutating func advance() -> Step<Outcome> {
    while let record = queue.popFirst() {
      guard let (address, request) = record.cancellation else {
        // Nobody can be told of a damaged record.
        outcome.settled.append(record)
        continue
      }
      current = record
      return .server(ES9Plus.CancelSession.self, at: address, request)
    }
    return .done(outcome)
  }
}

extension Problem {
  /// Whether the server that was told of a cancellation did not take it: it is told again. One that refuses has
  /// forgotten the session, and one whose answer cannot be read has taken it in other words.
  var leavesCancellationOpen: Bool {
    switch self {
    case .refused, .serverMalformed: false
    default: true
    }
  }
}
