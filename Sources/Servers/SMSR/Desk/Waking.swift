import Identifiers
import Store

extension Desk {
  /// When the next packet is due; nil where nothing is being done.
  public func nextDue() throws -> Instant? {
    try store.read { try $0.first("SELECT min(due) FROM sr_operation WHERE state < 4")?(0) }
  }
}
