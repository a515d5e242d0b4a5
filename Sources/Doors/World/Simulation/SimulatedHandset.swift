import Bytes
import Identifiers
import Keys
import LPA
import ProfileMove
import SGP22
import TLV
import Transport

/// A device with its person: runs our LPA's procedures over the card and the network. When it crashes it forgets
/// everything but its journal; the person tries again until there is a profile, or the server refused it for good.
public final class SimulatedHandset {
  /// How it is called in the trace.
  let name: String

  /// Its durable writes: the journal's.
  public let fuse = Fuse()
  let card: SimulatedCard
  /// What the device keeps of a download under way.
  private(set) var journal: DownloadRecord?
  /// What a person wants of the card.
  public enum Wish: Sendable {
    /// The profile installed and enabled.
    case use
    /// The profile disabled.
    case disable
    /// The profile deleted.
    case delete
    /// Everything deleted.
    case reset
  }

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
  /// The SM-DS that is asked where there is no activation code.
  private var smds: FQDN?
  private(set) var wish = Wish.use
  /// The one-time key of the last try.
  private var oneTimeKey: [UInt8]?
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

  init(_ card: SimulatedCard, named name: String = "LPA", in simulation: Simulation) {
    (self.card, self.name, self.simulation) = (card, name, simulation)
  }

  /// The person gets an activation code.
  func take(_ code: ActivationCode) throws {
    note("Operator → person  activation code")
    self.code = code
    try start()
  }

  /// The person looks what waits at the SM-DS at `address`.
  func look(for address: String) throws {
    smds = FQDN(address)
    try start()
  }

  /// The person wants something else.
  func want(_ wish: Wish) throws {
    self.wish = wish
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
    note("\(name) crashes at its write \(fuse.writes)")
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

  /// What the card answers to a request for a backup; nil while it cannot be asked.
  func backUp(_ request: BackUpProfile.Request) -> BackUpProfile.Response? {
    note("\(name) → eUICC  BackUpProfile")
    return try? isdr?.call(BackUpProfile.self, request)
  }

  // MARK: What the person wants

  /// The next thing to do, by what the journal and the card say.
  private func turn() throws {
    guard let isdr else { return }
    do throws(Problem) {
      if let journal { return try resume(journal) }
      let profiles = try isdr.profiles()
      // SGP.22 §3.2.1, §3.2.2, §3.3.2: the eUICC asks for a REFRESH, which resets it.
      if try change(profiles.first, by: isdr) { return restart(after: .seconds(1)) }
      if profiles.isEmpty, givenUp == nil, wish == .use {
        if let code { return run(ProfileDownload(code, device: device), downloaded) }
        if let smds { return run(EventRetrieval(address: smds, device: device), found) }
      }
    } catch { return restart(after: downloadPauses.next()) }
    run(NotificationDelivery(), delivered)
  }

  /// Makes the profile what the person wants; false where it is so.
  private func change(_ profile: ProfileInfo?, by isdr: ISDR) throws(Problem) -> Bool {
    guard let profile, let iccid = profile.iccid else { return false }
    switch wish {
    case .use:
      guard profile.profileState != .enabled else { return false }
      note("\(name) → eUICC  EnableProfile")
      try isdr.enable(.iccid(iccid))
    case .disable:
      guard profile.profileState == .enabled else { return false }
      note("\(name) → eUICC  DisableProfile")
      try isdr.disable(.iccid(iccid))
    case .delete:
      if profile.profileState == .enabled {
        note("\(name) → eUICC  DisableProfile")
        try isdr.disable(.iccid(iccid))
      } else {
        note("\(name) → eUICC  DeleteProfile")
        try isdr.delete(.iccid(iccid))
      }
    case .reset:
      note("\(name) → eUICC  EuiccMemoryReset")
      return try isdr.reset([.deleteOperationalProfiles])
    }
    return true
  }

  /// What waits at the SM-DS is downloaded.
  private func found(_ result: Result<[EventRetrieval.Event], Problem>) throws {
    guard case .success(let events) = result, let event = events.first, let token = MatchingId(event.eventId) else {
      return restart(after: downloadPauses.next())
    }
    note("\(name) finds an event of \(event.address)")
    code = ActivationCode(smdpAddress: event.address, matchingId: token)
    try turn()
  }

  private func resume(_ record: DownloadRecord) throws(Problem) {
    guard let resumed = ResumedDownload(record, device: device) else { throw .recordDamaged }
    note("\(name) takes the download up")
    run(resumed, downloaded)
  }

  private func downloaded<Outcome>(_ result: Result<Outcome, Problem>) {
    switch result {
    case .success: downloadPauses.reset()
    case .failure(let problem):
      note("\(name): \(problem)")
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
        note("\(name) → person  \(question.metadata.profileName)?")
        return later(.seconds(2)) { [self] in
          let decision = decide(question)
          if decision != .accept(confirmationCode: nil) { note("person → \(name)  \(Self.words(decision))") }
          try drive(running, .answer(.person(decision)))
        }
      case .server(let call):
        let life = life
        return simulation.network.call(call.message, from: name) { [self] result in
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
    note("\(name) → eUICC  \(CardLine.name(object))")
    do throws(Problem) {
      let answer = try isdr.storeData(object)
      if !answer.isEmpty { note("eUICC → \(name)  \(CardLine.name(answer))\(newness(answer))") }
      return .answer(.card(answer))
    } catch {
      note("eUICC: \(error)")
      return .failed(error)
    }
  }

  /// Of a further PrepareDownload: whether its one-time key is the last one's (SGP.22 §5.7.5).
  private func newness(_ answer: [UInt8]) -> String {
    guard case .ok(let ok)? = try? ES10b.PrepareDownload.Response(encoded: answer) else { return "" }
    let key = ok.euiccSigned2.value.euiccOtpk
    defer { oneTimeKey = key }
    return oneTimeKey.map { $0 == key ? " (the same one-time key)" : " (a new one-time key)" } ?? ""
  }

  private static func words(_ decision: LPA.Decision) -> String {
    switch decision {
    case .accept: "consents, with a confirmation code"
    case .reject: "does not want it"
    case .postpone: "wants it later"
    case .timeout: "does not answer"
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
