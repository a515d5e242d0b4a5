import Bytes
import Foundation
import Identifiers
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Synchronization
import Transport
import World

/// A short message service centre of a laboratory, with the devices that it reaches: one thread on which everything
/// happens, and a door on which an SM-SR puts messages. What waits is kept in memory alone: such a service may lose messages.
final class SMSCentre: @unchecked Sendable {
  /// A message on its way to a device.
  private struct Waiting {
    let msisdn: String
    let tpdu: [UInt8]
    var left: Int
    var due: Instant
  }

  /// A message on its way to the SM-SR.
  private struct Outgoing {
    let batch: ShortMessageService.Messages
    let call: String
    var left: Int
    var due: Instant
  }

  private struct Timer {
    let due: Instant
    let action: () throws -> Void
  }

  private static let tries = 20
  private static let pause = Duration.seconds(5)
  private static let waitingLimit = 10_000

  /// What was put at the door; all else belongs to the thread.
  private let taken = Mutex<[Waiting]>([])
  private let isStopped = Atomic<Bool>(false)
  private let link: any ServerLink
  private let host, name: String
  private let callers: Requesters
  private let trust: CircleInForce
  private var waiting: [Waiting] = []
  private var outgoing: [Outgoing] = []
  private var timers: [Timer] = []
  private var devices: [(name: String, device: FieldDevice)] = []

  /// A centre called `name` that delivers to the SM-SR at `host` over `link`, and takes messages of `callers`.
  init(name: String, to host: String, over link: any ServerLink, callers: Requesters, trust: CircleInForce) {
    (self.name, self.host, self.link, self.callers, self.trust) = (name, host, link, callers, trust)
  }

  /// Puts a device with `card` into the cells of `networks`. Before ``start()``.
  func add(_ name: String, _ card: any CardSide, networks: [FieldDevice.HomeNetwork]) {
    let device = FieldDevice(
      card,
      in: .init(
        now: { .now() }, random: SystemRandomSource.shared,
        later: { [unowned self] pause, action in timers.append(Timer(due: .now() + pause, action: action)) },
        registered: { number in
          Complaint.note("\(name) is \(number.map { "in a network as \($0)" } ?? "in no network")")
        },
        submit: { [unowned self] in submit($0, from: name) },
        note: { Complaint.note("\(name): \($0)") }))
    device.networks = networks
    devices.append((name, device))
  }

  /// Switches the devices on, and goes on until ``stop()``.
  func start() {
    let thread = Thread { [self] in
      for (_, device) in devices { attempt { try device.start() } }
      while !isStopped.load(ordering: .relaxed) { if !round() { Thread.sleep(forTimeInterval: 0.02) } }
    }
    thread.name = "devices"
    thread.start()
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// The answer to the SM-SR that puts messages.
  func respond(to message: Message) -> Reply {
    guard message.path == ShortMessageService.Submit.path else { return HTTPRules.reply(404) }
    let answer: Result<NoFields, Refusal>
    do {
      let (header, batch) = try JSONBinding.decode(ShortMessageService.Messages.self, from: message.body)
      _ = try callers.caller(header, certificate: message.peerCertificate, in: trust.circle)
      let now = Instant.now()
      let new = batch.tpdus.map { Waiting(msisdn: batch.msisdn, tpdu: $0, left: Self.tries, due: now) }
      let isFull = taken.withLock { taken in
        guard taken.count + new.count <= Self.waitingLimit else { return true }
        taken += new
        return false
      }
      answer = isFull ? .failure(.providerUnavailable) : .success(NoFields())
    } catch let denial as Denial { answer = .failure(denial.refusal) } catch { answer = .failure(.formatInvalid) }
    return HTTPRules.json(JSONBinding.encode(answer))
  }

  // MARK: On the thread

  /// Does what is due; whether there was something.
  private func round() -> Bool {
    let now = Instant.now()
    waiting += taken.withLock { taken in
      defer { taken = [] }
      return taken
    }
    let (dueTimers, dueMessages) = (timers.filter { $0.due <= now }, waiting.filter { $0.due <= now })
    let dueOutgoing = outgoing.filter { $0.due <= now }
    timers.removeAll { $0.due <= now }
    waiting.removeAll { $0.due <= now }
    outgoing.removeAll { $0.due <= now }
    for timer in dueTimers { attempt(timer.action) }
    for message in dueMessages { deliver(message) }
    for message in dueOutgoing { hand(message) }
    return !dueTimers.isEmpty || !dueMessages.isEmpty || !dueOutgoing.isEmpty
  }

  private func attempt(_ action: () throws -> Void) {
    do { try action() } catch { Complaint.note("a device: \(Complaint(error).what)") }
  }

  /// To the device, if it is there; otherwise again after a while.
  private func deliver(_ message: Waiting) {
    var message = message
    if let device = devices.first(where: { $0.device.msisdn == message.msisdn })?.device {
      var report: [UInt8]?
      attempt { report = try device.receive(message.tpdu) }
      if let report {
        if !report.isEmpty { put(.init(msisdn: message.msisdn, tpdus: [], report: report)) }
        return
      }
    }
    message.left -= 1
    message.due = .now() + Self.pause
    if message.left > 0 { waiting.append(message) }
  }

  private func submit(_ tpdu: [UInt8], from name: String) {
    guard let msisdn = devices.first(where: { $0.name == name })?.device.msisdn else { return }
    put(.init(msisdn: msisdn, tpdus: [tpdu]))
  }

  private func put(_ batch: ShortMessageService.Messages) {
    outgoing.append(
      Outgoing(batch: batch, call: SystemRandomSource.shared.bytes(16).hex, left: Self.tries, due: .now()))
  }

  /// To the SM-SR, until it says that it has it.
  private func hand(_ message: Outgoing) {
    let calls = FunctionClient(link: link, host: host, requester: name)
    switch calls.call(ShortMessageService.Deliver.self, message.batch, identifier: message.call) {
    case .success: return
    case .refused(let refusal): Complaint.note("the SM-SR at \(host) refuses a short message: \(refusal)")
    case .unknown:
      var message = message
      message.left -= 1
      message.due = .now() + Self.pause
      if message.left > 0 { outgoing.append(message) }
    }
  }
}
