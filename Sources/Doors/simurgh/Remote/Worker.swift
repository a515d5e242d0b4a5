import Foundation
import Synchronization

/// A thread that does what is due, again and again.
final class Worker: Sendable {
  private let isStopped = Atomic<Bool>(false)

  /// Starts the thread called `name`; `begin` makes, on the thread, what each round does. A round says how many things it did;
  /// after one with nothing to do the thread waits `pause` seconds. A round that fails as a whole is told once, and repeated:
  /// nothing of it is lost.
  init(_ name: String, pause: Double = 0.2, beginning begin: @escaping @Sendable () throws -> () throws -> Int) {
    let thread = Thread { [self] in
      var (round, told): ((() throws -> Int)?, String) = (nil, "")
      while !isStopped.load(ordering: .relaxed) {
        var done = 0
        do {
          let deed = try round ?? begin()
          round = deed
          done = try deed()
        } catch {
          let text = Complaint(error).what
          if text != told { Complaint.note("\(name): \(text)") }
          told = text
        }
        if done == 0 { Thread.sleep(forTimeInterval: pause) }
      }
    }
    thread.name = name
    thread.start()
  }

  /// The same, where there is nothing to be made first.
  convenience init(_ name: String, pause: Double = 0.2, _ round: @escaping @Sendable () throws -> Int) {
    self.init(name, pause: pause, beginning: { round })
  }

  /// Lets the thread end after its round.
  func stop() { isStopped.store(true, ordering: .relaxed) }
}
