import Bytes
import Identifiers
import Keys
import LPA
import SGP22
import TLV
import Transport

/// A device with its person: runs our LPA's procedures over the card and the network. When it crashes it forgets
/// everything but its journal; the person tries again until there is a profile, or the server refused it for good.
public final class SimulatedHandset {
  static let name = "LPA"

  /// Its durable writes: the journal's.
  public let fuse = Fuse()
  let card: SimulatedCard
  /// What the device keeps of a download under way.
  private(set) var journal: DownloadRecord?
  /// Why the person gave up, if so.
  private(set) var givenUp: Problem?
  /// Whether there is nothing left to do.
  private(set) var isIdle = true
  /// What the person decides when a profile is offered.
  var decide: (Question) -> LPA.Decision = { _ in .accept(confirmationCode: nil) }
  /// Is called each time the card gets power.
  var poweredOn: () -> Void = {}

  /// The simulation owns its parties, through what they wait for.
  private unowned let simulation: Simulation
  private let device = DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11])
  private var code: ActivationCode?
  private var isdr: ISDR?
  /// Counts the device's starts: what an earlier life waited for does not concern this one.
  private var life = 0
  private var refusals = 0
  private var downloadPauses = RetryPauses(longest: .seconds(600))
  private var notificationPauses = RetryPauses()

  private final class Running<P: Procedure> {
    var course: Course<P>
    let life: Int
    let end: (Result<P.Outcome, Problem>) throws -> Void

    init(_ procedure: P, life: Int, end: @escaping (Result<P.Outcome, Problem>) throws -> Void) {
      (course, self.life, self.end) = (Course(procedure), life, end)
    }
  }

  init(_ card: SimulatedCard, in simulation: Simulation) { (self.card, self.simulation) = (card, simulation) }

  /// The person gets an activation code.
  func take(_ code: ActivationCode) throws {
    note("Operator → person  activation code")
    self.code = code
    try start()
  }

  // MARK: Up and down

  /// Switches the device on: the card is reset, and what was left undone is taken up.
  private func start() throws {
    life += 1
    fuse.mend()
    isIdle = false
    poweredOn()
    do {
      _ = try card.link.reset()
      isdr = try ISDR(card.link)
    } catch { return restart(after: .seconds(30)) }
    try turn()
  }

  /// The device dies and comes back.
  func crash() {
    note("\(Self.name) crashes at its write \(fuse.writes)")
    fuse.blow()
    card.link.powerOff()
    restart(after: .seconds(30))
  }

  private func restart(after pause: Duration) {
    isIdle = false
    life += 1
    isdr = nil
    later(pause) { [self] in try start() }
  }

  /// Does `action` unless the device has been switched off until then.
  private func later(_ pause: Duration, _ action: @escaping () throws -> Void) {
    let life = life
    simulation.timeline.after(pause) { [self] in if life == self.life { try action() } }
  }

  // MARK: What the person wants

  /// The next thing to do, by what the journal and the card say.
  private func turn() throws {
    guard let isdr else { return }
    do throws(Problem) {
      if let journal { return try resume(journal) }
      let profiles = try isdr.profiles()
      if let profile = profiles.first, profile.profileState != .enabled, let iccid = profile.iccid {
        note("\(Self.name) → eUICC  EnableProfile")
        try isdr.enable(.iccid(iccid))
        // SGP.22 §3.2.1: the eUICC asks for a REFRESH, which resets it.
        return restart(after: .seconds(1))
      }
      if profiles.isEmpty, givenUp == nil, let code { return run(ProfileDownload(code, device: device), downloaded) }
    } catch { return restart(after: downloadPauses.next()) }
    run(NotificationDelivery(), delivered)
  }

  private func resume(_ record: DownloadRecord) throws(Problem) {
    guard let resumed = ResumedDownload(record, device: device) else { throw .recordDamaged }
    note("\(Self.name) takes the download up")
    run(resumed, downloaded)
  }

  private func downloaded<Outcome>(_ result: Result<Outcome, Problem>) {
    switch result {
    case .success: downloadPauses.reset()
    case .failure(let problem):
      note("\(Self.name): \(problem)")
      switch problem {
      case .refused, .notInstalled, .policyNotAllowed:
        refusals += 1
        if refusals >= Self.patience { givenUp = problem }
      case .cancelled(.endUserRejection): givenUp = problem
      default: break
      }
    }
    restart(after: downloadPauses.next())
  }

  /// After so many refusals the person believes them.
  private static let patience = 5

  private func delivered(_ result: Result<NotificationDelivery.Outcome, Problem>) {
    switch result {
    case .success(let outcome):
      if !outcome.delivered.isEmpty { notificationPauses.reset() }
      guard outcome.waiting.isEmpty else { return restart(after: notificationPauses.next()) }
      isIdle = true
    case .failure: restart(after: notificationPauses.next())
    }
  }

  // MARK: Driving

  private func run<P: Procedure>(_ procedure: P, _ end: @escaping (Result<P.Outcome, Problem>) throws -> Void) {
    let running = Running(procedure, life: life, end: end)
    later(.milliseconds(5)) { [self] in try drive(running, .done) }
  }

  private func drive<P: Procedure>(_ running: Running<P>, _ first: Course<P>.Event) throws {
    var event = first
    while running.life == life {
      switch running.course.next(event) {
      case .keep(let record):
        do throws(Fuse.Crash) { try keep(record) } catch { return crash() }
        event = .done
      case .card(let object):
        let answer: Course<P>.Event = send(object)
        return later(.milliseconds(2)) { [self] in try drive(running, answer) }
      case .pause(let pause): return later(pause) { [self] in try drive(running, .done) }
      case .ask(let question):
        note("\(Self.name) → person  \(question.metadata.profileName)?")
        return later(.seconds(2)) { [self] in try drive(running, .answer(.person(decide(question)))) }
      case .server(let call):
        let life = life
        return simulation.network.call(call.message, from: Self.name) { [self] result in
          guard life == self.life else { return }
          switch result {
          case .success(let reply): try drive(running, .answer(.server(status: reply.status, body: reply.body)))
          case .failure(let error): try drive(running, .unreachable(error))
          }
        }
      case .end(let result): return try running.end(result)
      }
    }
  }

  private func keep(_ record: DownloadRecord?) throws(Fuse.Crash) {
    try fuse.reach(.before)
    journal = record
    try fuse.reach(.after)
  }

  private func send<P>(_ object: [UInt8]) -> Course<P>.Event {
    guard let isdr else { return .failed(.outOfTurn) }
    note("\(Self.name) → eUICC  \(CardLine.name(object))")
    do throws(Problem) {
      let answer = try isdr.storeData(object)
      if !answer.isEmpty { note("eUICC → \(Self.name)  \(CardLine.name(answer))") }
      return .answer(.card(answer))
    } catch {
      note("eUICC: \(error)")
      return .failed(error)
    }
  }

  private func note(_ line: String) { simulation.timeline.note(line) }
}

/// A data object of ES10 as a word of the trace.
private enum CardLine {
  /// What the pieces of a bound package are (SGP.22 §2.5.5).
  private static let pieces: [TLVTag: String] = [
    0xA0: "ConfigureISDP", 0xA1: "StoreMetadata", 0x88: "StoreMetadata", 0xA2: "ReplaceSessionKeys",
    0x87: "ReplaceSessionKeys", 0xA3: "LoadProfileElements", 0x86: "LoadProfileElements",
    0xBF36: "InitialiseSecureChannel",
  ]

  static func name(_ object: [UInt8]) -> String {
    guard let tag = TLVReader(object).nextTag else { return "nothing" }
    return pieces[tag] ?? MessageNames.all[tag] ?? "\(tag)"
  }
}
