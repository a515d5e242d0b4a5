import Identifiers
import Store

extension Desk {
  /// When the next download goes on; nil where none does by itself.
  public func nextDue() throws -> Instant? { try store.read { try Steps.nextDue(ProfileDownload.name, in: $0) } }
}
