import SGP22
import Stations
import Store
import TLV
import Transport

/// Delivers what the desk has put into the outbox: each order's errands in order, again and again until they are taken.
public struct Courier: Sendable {
  private let desk: Desk
  private let backOff: BackOff
  /// Nobody else delivers an errand meanwhile: longer than a link waits for an answer. A courier that died is followed
  /// after this time, or by ``resume(given:)``.
  private static let lease: Duration = .seconds(120)
  private static let kinds = Set(Errand.Kind.allCases.map(\.rawValue))

  /// The desk's courier.
  public init(_ desk: Desk, backOff: BackOff = BackOff()) { (self.desk, self.backOff) = (desk, backOff) }

  /// Delivers up to `limit` errands that are due, over `link`; returns how many were taken.
  public func deliver(limit: Int = 32, given: Given, over link: any ServerLink) throws -> Int {
    var taken = 0
    for item in try claim(limit, given) {
      let failure: String?
      do {
        let (errand, message) = try message(of: item)
        failure = Self.failure(errand.kind, try link.exchange(message))
      } catch { failure = "\(error)" }
      try desk.store.transaction { try settle(item, failure, given, in: $0) }
      if failure == nil { taken += 1 }
    }
    return taken
  }

  /// After a start: errands that a former courier had in hand, or that pause, are delivered at once.
  public func resume(given: Given) throws {
    try desk.store.transaction { transaction in
      try Outbox.resume(kinds: Self.kinds, now: given.now, in: transaction)
    }
  }

  /// The same over a link that is waited for; a receiver that is slow keeps no other waiting.
  public func deliver(
    limit: Int = 32, given: Given, send: @escaping @Sendable (Message) async throws -> Reply
  ) async throws -> Int {
    let items = try claim(limit, given)
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      for item in items {
        group.addTask {
          let failure: String?
          do {
            let (errand, message) = try message(of: item)
            failure = Self.failure(errand.kind, try await send(message))
          } catch { failure = "\(error)" }
          try await desk.store.transaction { try settle(item, failure, given, in: $0) }
          return failure == nil
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
  }

  private func claim(_ limit: Int, _ given: Given) throws -> [Outbox.Item] {
    try desk.store.transaction { transaction in
      try Outbox.claim(
        kinds: Self.kinds, limit: limit, lease: Self.lease, now: given.now,
        in: transaction)
    }
  }

  private func message(of item: Outbox.Item) throws -> (Errand, Message) {
    let errand = try Errand(encoded: item.payload)
    var address = errand.address
    // SGP.22 §5.3.2: a dot stands for the root SM-DS.
    if address == "." {
      guard let root = desk.settings.rootSmdsAddress else { throw StoreError.misuse("no root SM-DS is configured") }
      address = root
    }
    if errand.kind != .handleDownloadProgressInfo { address = desk.settings.registrationAddresses[address] ?? address }
    return (
      errand,
      Message(
        host: address, path: errand.kind.path,
        headers: [
          "Content-Type": "application/json;charset=UTF-8", AdminProtocol.headerName: AdminProtocol.current.description,
        ], body: errand.body)
    )
  }

  private func settle(
    _ item: Outbox.Item, _ failure: String?, _ given: Given, in transaction: any Transaction
  ) throws {
    if let failure {
      try Outbox.failed(item, because: failure, now: given.now, backOff: backOff, in: transaction)
    } else {
      try Outbox.taken(item, in: transaction)
    }
    try EventRecord.append(
      Event(
        at: given.now, party: Desk.party, kind: failure == nil ? .sent : .failed, name: item.kind,
        correlation: Errand.Kind.order(of: item.session), body: failure.map { .text($0) } ?? .bytes(item.payload)),
      in: transaction)
  }

  /// Why the errand must be tried again; nil where it was taken, now or by an earlier try.
  private static func failure(_ kind: Errand.Kind, _ reply: Reply) -> String? {
    if kind == .handleDownloadProgressInfo {
      return (200...299).contains(reply.status) ? nil : "status \(reply.status)"
    }
    guard reply.status == 200 else { return "status \(reply.status)" }
    do {
      let answer: Result<NoFields, Refusal> = try JSONBinding.decodeAnswer(from: reply.body)
      switch (kind, answer) {
      case (_, .success), (.registerEvent, .failure(.eventAlreadyRegistered)), (.deleteEvent, .failure(.eventUnknown)):
        return nil
      case (_, .failure(let refusal)): return refusal.description
      }
    } catch { return "\(error)" }
  }
}

extension Errand.Kind {
  /// The function's path.
  var path: String {
    switch self {
    case .handleDownloadProgressInfo: ES2Plus.HandleDownloadProgressInfo.path
    case .registerEvent: ES12.RegisterEvent.path
    case .deleteEvent: ES12.DeleteEvent.path
    }
  }
}
