import Foundation
import Identifiers
import OrderDesk
import Store
import Synchronization
import TransportHTTP

/// The work on the acts of one plan.
struct StepWork {
  /// Runs one step of at most so many acts that are due; returns how many it took.
  let run: (_ limit: Int, _ now: Instant) throws -> Int
  /// After a start: acts that a former process had taken are taken up at once.
  let resume: (_ now: Instant) throws -> Void

  init<Party>(_ plan: StepPlan<Party>, for party: Party, store: any Store, faults: [OperatorFault]) {
    // An SM-DP+ that is away for a night is asked every five minutes.
    let runner = StepRunner(plan, for: party, store: store, backOff: BackOff(longest: .seconds(300))) { step, moment in
      for fault in faults { fault.strike(step, moment) }
    }
    run = { try runner.run(limit: $0, now: $1) }
    resume = { try runner.resume(now: $0) }
  }
}

/// Threads that do the steps of orders, of changes of subscriptions and of moves; each waits for the SM-DP+ by itself.
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
      // What it begins with was read when the program started.
      guard let work = try? party.work(client, faults: faults) else { return }
      while !isStopped.load(ordering: .relaxed) {
        // A round that fails as a whole is repeated: nothing of it is lost.
        let taken = work.reduce(0) { $0 + ((try? $1.run(Self.share, .now())) ?? 0) }
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
    let work = try party.work(client)
    let end = Date(timeIntervalSinceNow: patience)
    while try !isDone(), Date() < end {
      if try work.reduce(0, { try $0 + $1.run(share, .now()) }) == 0 {
        Thread.sleep(forTimeInterval: 0.1)
      }
    }
  }
}
