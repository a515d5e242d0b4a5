import Identifiers
import SGP22
import SecureElement

/// What stands on an eUICC, read from its memory while the card notices nothing: for simulations, and for people who
/// have the memory and no reader.
public struct CardContents: Sendable, Equatable {
  /// A profile that is installed.
  public struct Profile: Sendable, Equatable {
    /// Its number.
    public let iccid: ICCID
    /// Whether it is enabled.
    public let state: ProfileState
  }

  /// The installed profiles in the order of their ISD-Ps.
  public let profiles: [Profile]
  /// The notifications that wait, the oldest first.
  public let notifications: [NotificationMetadata]

  /// What `memory` holds.
  public init(of memory: any CardMemory) {
    let records = CardRecords(MemoryTransaction(over: memory))
    profiles = records.profiles.map { Profile(iccid: $0.iccid, state: $0.state) }
    notifications = records.notifications.map(\.metadata)
  }
}
