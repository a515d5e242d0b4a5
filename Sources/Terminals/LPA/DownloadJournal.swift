/// What a device keeps of its downloads to one eUICC: the one under way, and the cancellations that are owed to servers.
///
/// Another download may begin while a server that must be told of a cancellation is away; what is owed waits for it.
public struct DownloadJournal: Codable, Hashable, Sendable {
  /// The download to be taken up after a restart.
  public private(set) var underWay: DownloadRecord?
  /// Downloads that were ended for good and whose servers do not know it yet, the oldest first.
  public private(set) var owed: [DownloadRecord] = []

  /// A journal in which nothing is kept.
  public init() {}

  /// Whether nothing is kept.
  public var isEmpty: Bool { underWay == nil && owed.isEmpty }

  /// Keeps `record` as the download under way; nil: it is over, and its server knows. A cancellation that is not told yet
  /// is not lost to the record of another session.
  public mutating func keep(_ record: DownloadRecord?) {
    if let record, let old = underWay, old.transactionId != record.transactionId { setAside() }
    underWay = record
  }

  /// The download under way is not gone on with; if it was cancelled, its server is still to be told.
  public mutating func setAside() {
    if let record = underWay, record.isCancelled { owed.append(record) }
    underWay = nil
  }

  /// The server of `record` knows of the cancellation.
  public mutating func settle(_ record: DownloadRecord) { owed.removeAll { $0 == record } }
}
