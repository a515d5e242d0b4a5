import SGP22
import Transport

/// SGP.22 §3.5 Notifications, as the LPA sees it: each is delivered to its receiver and removed from the eUICC only
/// after the receiver has taken it, in the order in which the eUICC made them.
public struct NotificationDelivery: Procedure {
  /// What became of the notifications.
  public struct Outcome: Hashable, Sendable {
    /// Taken by their receivers, and removed from the eUICC.
    public var delivered: [NotificationMetadata] = []
    /// Still on the eUICC, with the reason.
    public var waiting: [NotificationMetadata] = []
  }

  private enum State: Sendable {
    case beginning
    case listing
    case retrieving(NotificationMetadata)
    case delivering(NotificationMetadata)
    case removing(NotificationMetadata)
  }

  private let only: Int?
  private var state = State.beginning
  private var queue: [NotificationMetadata] = []
  private var total = 0
  private var outcome = Outcome()
  /// Receivers that did not answer: what else is for them waits, so that the order is kept.
  private var silent: Set<String> = []

  /// Delivers all notifications, or the one with the number `seqNumber`.
  public init(only seqNumber: Int? = nil) { only = seqNumber }

  public var progress: Progress {
    Progress(activity: "delivering notifications", done: outcome.delivered.count, total: max(1, total))
  }

  public mutating func next(_ answer: Answer) throws(Problem) -> Step<Outcome> {
    switch state {
    case .beginning:
      state = .listing
      return .card(ES10b.ListNotification.self, ES10b.ListNotification.Request())
    case .listing:
      guard case .ok(let list) = try answer.card(ES10b.ListNotification.self) else {
        throw .functionFailed("ListNotification", "undefinedError")
      }
      queue = list.filter { only == nil || $0.seqNumber == only }.sorted { $0.seqNumber < $1.seqNumber }
      total = queue.count
      return advance()
    case .retrieving(let metadata): return try deliver(metadata, answer)
    case .delivering(let metadata):
      guard case .server(let status, _) = answer else { throw .outOfTurn }
      // §5.6.4: the server acknowledges with 204; whatever else it says, it has not taken the notification.
      guard (200...299).contains(status) else { return keep(metadata) }
      state = .removing(metadata)
      return .card(
        ES10b.RemoveNotificationFromList.self,
        ES10b.RemoveNotificationFromList.Request(seqNumber: metadata.seqNumber))
    case .removing(let metadata):
      switch try answer.card(ES10b.RemoveNotificationFromList.self).result {
      case .ok, .nothingToDelete: outcome.delivered.append(metadata)
      case .undefinedError: outcome.waiting.append(metadata)
      }
      return advance()
    }
  }

  /// The receiver could not be reached: the notification stays on the eUICC, the next receiver is tried.
  public mutating func skip() -> Step<Outcome> {
    guard case .delivering(let metadata) = state else { return .done(outcome) }
    return keep(metadata)
  }

  public mutating func unreachable(_ error: LinkError) -> Step<Outcome> { skip() }

  private mutating func keep(_ metadata: NotificationMetadata) -> Step<Outcome> {
    silent.insert(metadata.notificationAddress)
    outcome.waiting.append(metadata)
    return advance()
  }

  private mutating func advance() -> Step<Outcome> {
    while let metadata = queue.first {
      queue.removeFirst()
      guard FQDN(metadata.notificationAddress) != nil, !silent.contains(metadata.notificationAddress) else {
        outcome.waiting.append(metadata)
        continue
      }
      state = .retrieving(metadata)
      return .card(
        ES10b.RetrieveNotificationsList.self,
        ES10b.RetrieveNotificationsList.Request(searchCriteria: .seqNumber(metadata.seqNumber)))
    }
    return .done(outcome)
  }

  private mutating func deliver(_ metadata: NotificationMetadata, _ answer: Answer) throws(Problem) -> Step<Outcome> {
    guard case .ok(let list) = try answer.card(ES10b.RetrieveNotificationsList.self), let notification = list.first,
      let address = FQDN(metadata.notificationAddress)
    else {
      outcome.waiting.append(metadata)
      return advance()
    }
    state = .delivering(metadata)
    return .server(
      ES9Plus.HandleNotification.self, at: address,
      ES9Plus.HandleNotification.Request(pendingNotification: notification))
  }
}
