import Foundation
import Identifiers
import OrderDesk
import Store
import Synchronization
import TransportHTTP

/// Threads that do the orders' steps; each waits for the SM-DP+ by itself.
final class OrderWork: Sendable {
  private let party: OperatorParty
  private let client: HTTPSClient
  private let isStopped = Atomic<Bool>(false)
  /// How many orders a thread takes at a time: they share the commits before and after their steps.
  private static let share = 64

  init(party: OperatorParty, client: HTTPSClient) { (self.party, self.client) = (party, client) }

  /// Starts a thread.
  func start() {
    let thread = Thread { [self] in
      let runner = party.runner(client)
      while !isStopped.load(ordering: .relaxed) {
        // A round that fails as a whole is repeated: nothing of it is lost.
        let taken = (try? runner.run(limit: Self.share, now: .now())) ?? 0
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
    let client = try party.client()
    defer { client.close() }
    let runner = party.runner(client)
    let end = Date(timeIntervalSinceNow: patience)
    while try !isDone(), Date() < end {
      if try runner.run(limit: share, now: .now()) == 0 { Thread.sleep(forTimeInterval: 0.1) }
    }
  }
}
