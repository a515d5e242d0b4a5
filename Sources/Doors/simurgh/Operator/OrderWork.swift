import Foundation
import Identifiers
import OrderDesk
import Store
import Synchronization
import TransportHTTP

/// Threads that do the steps of orders and of changes of subscriptions; each waits for the SM-DP+ by itself.
final class OrderWork: Sendable {
  private let party: OperatorParty
  private let client: HTTPSClient
  private let faults: [OperatorFault]
  private let isStopped = Atomic<Bool>(false)
  /// How many orders a thread takes at a time: they share the commits before and after their steps.
  private static let share = 64

  init(party: OperatorParty, client: HTTPSClient, faults: [OperatorFault]) {
    (self.party, self.client, self.faults) = (party, client, faults)
  }

  /// Starts a thread.
  func start() {
    let thread = Thread { [self] in
      let runners = party.runners(client, faults: faults)
      while !isStopped.load(ordering: .relaxed) {
        // A round that fails as a whole is repeated: nothing of it is lost.
        let taken = runners.reduce(0) { $0 + ((try? $1.run(limit: Self.share, now: .now())) ?? 0) }
        if taken == 0 { Thread.sleep(forTimeInterval: 0.2) }
      }
    }
    thread.name = "orders"
    thread.start()
  }

  /// Lets the threads end after their round.
  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Works on this thread until `isDone` says so, or the orders wait for somebody, or `patience` is over.
  static func run(_ party: OperatorParty, patience: TimeInterval, until isDone: () throws -> Bool) throws {
    guard patience > 0 else { return }
    let client = try party.client()
    defer { client.close() }
    let runners = party.runners(client)
    let end = Date(timeIntervalSinceNow: patience)
    while try !isDone(), Date() < end {
      if try runners.reduce(0, { try $0 + $1.run(limit: share, now: .now()) }) == 0 {
        Thread.sleep(forTimeInterval: 0.1)
      }
    }
  }
}
