import Bytes
import Foundation
import Handset
import HandsetRegistration
import CustomerManagement
import Identifiers
import Keys
import RegistrationDevice
import StoreSQLite
import World

/// Handset registrations (system A): 1,000 dealers, each with a handset of its own, against one carrier's terminal whose
/// commits are durable, one after the other on one thread.
struct RegistrationBench {
  private static let dealers = 1000

  private let world: RegistrationWorld
  private let clock: ServerClock
  private let folder: URL

  init(in folder: URL) throws {
    self.folder = folder
    let random = SystemRandomSource.shared
    world = try RegistrationWorld(
      store: SQLiteStore(path: folder.appendingPathComponent("registrations").path), network: PLMN("00101"),
      numbers: Self.dealers + 1, company: Company(), vault: KeyVault(current: Secret(random.bytes(32))),
      random: random, now: .now())
    clock = ServerClock()
  }

  func run(_ report: Report) throws {
    report.heading("Handset registrations, \(Self.dealers) dealers, one thread")
    let handsets = try (0..<Self.dealers).map { index in
      try world.desk.add(dealer: "D-\(index)", name: "Dealer \(index)")
      return try world.makeHandset()
    }
    let begin = ContinuousClock.now
    for (index, handset) in handsets.enumerated() {
      let line = TimedLine(line: world.line(dealer: "D-\(index)"), clock: clock)
      _ = try handset.register(over: line, applicant: Customer())
    }
    let wall = (ContinuousClock.now - begin) / .seconds(1)
    let count = Double(Self.dealers)
    let floors = try Floors(package: 16, in: folder)
    // Signed: answer to RDM, offer, approval, ID; verified: module's certificate and presence, two requests, receipt;
    // sealed twice (a key and an agreement each), opened twice.
    let floor = 4 * floors.sign + 5 * floors.verify + 2 * floors.generate + 4 * floors.agree
    report.add("registration/rate", "complete new registrations, handsets included", count / wall, "/s")
    report.add("registration/server", "carrier's terminal, its CPU for each", clock.cpu * 1e6 / count, "µs")
    report.add("registration/wall", "the same with waiting for the disk", clock.wall * 1e6 / count, "µs")
    report.add("registration/floor", "cryptography that it cannot do without", floor, "µs")
    report.add("registration/share", "share of that floor", 100 * floor * count / (clock.cpu * 1e6), "%")
  }

  private struct Company: CreditCompany {
    func answer(about card: CreditCardNumber) -> CreditAnswer { .approved(limit: 100_00) }
  }

  private struct Customer: Applicant {
    func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { ("4111111111111111", []) }
    func accepts(_ number: String) -> Bool { true }
  }

  /// What the carrier's side has spent.
  private final class ServerClock {
    var cpu = 0.0
    var wall = 0.0
  }

  private struct TimedLine: RegistrationLine {
    let line: any RegistrationLine
    let clock: ServerClock

    func exchange(_ message: [UInt8]) throws -> [UInt8] {
      // The store writes on a thread of its own: the process's CPU counts.
      let (cpu, begin) = (Measure.cpuSeconds(), ContinuousClock.now)
      defer {
        clock.cpu += Measure.cpuSeconds() - cpu
        clock.wall += (ContinuousClock.now - begin) / .seconds(1)
      }
      return try line.exchange(message)
    }
  }
}
