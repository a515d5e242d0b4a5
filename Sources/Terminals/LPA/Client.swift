import Identifiers
import SGP22
import Transport

/// The person in front of the device.
public protocol Person: AnyObject {
  /// Decides on a profile that is offered.
  func decide(_ question: Question) -> Decision
  /// Is shown how far things are.
  func see(_ progress: Progress)
}

/// The LPA as a device runs it: drives procedures over a card and a network.
public final class Client {
  /// The card's ISD-R.
  public let isdr: ISDR
  private let servers: any ServerLink
  private let person: any Person
  private let device: DeviceInfo
  private let pause: (Duration) -> Void
  private let journal: (DownloadRecord?) -> Void

  /// How long to wait before a server is asked again: the tries that follow the first.
  public static let backOff: [Duration] = [.milliseconds(200), .seconds(1), .seconds(3)]

  /// An LPA of a device; `pause` waits between two tries. `journal` keeps the record of the download under way durably
  /// before it returns, and forgets it when it is handed nil; after a restart ``resume(_:)`` takes it.
  public init(
    isdr: ISDR, servers: any ServerLink, person: any Person, device: DeviceInfo,
    pause: @escaping (Duration) -> Void, journal: @escaping (DownloadRecord?) -> Void = { _ in }
  ) {
    (self.isdr, self.servers, self.person) = (isdr, servers, person)
    (self.device, self.pause, self.journal) = (device, pause, journal)
  }

  // MARK: What a device does

  /// Downloads and installs a profile. A session that breaks off is cancelled, so that nothing is left half done.
  public func download(_ code: ActivationCode) throws(Problem) -> ProfileDownload.Outcome {
    try run(ProfileDownload(code, device: device))
  }

  /// Takes up a download that a restart interrupted: tells that the profile is installed, or downloads it anew.
  public func resume(_ record: DownloadRecord) throws(Problem) -> ResumedDownload.Outcome {
    guard let download = ResumedDownload(record, device: device) else {
      journal(nil)
      throw .recordDamaged
    }
    return try run(download)
  }

  /// Downloads what waits at the default SM-DP+.
  public func downloadFromDefaultServer() throws(Problem) -> ProfileDownload.Outcome {
    guard let address = try isdr.configuredAddresses().defaultDpAddress.flatMap({ FQDN($0) }) else { throw .noServer }
    return try run(ProfileDownload(address: address, matchingId: "", device: device))
  }

  /// Downloads the profile of an event that an SM-DS told of.
  public func download(_ event: EventRetrieval.Event) throws(Problem) -> ProfileDownload.Outcome {
    try run(ProfileDownload(address: event.address, matchingId: event.eventId, device: device))
  }

  /// Asks the SM-DS at `address`, or the eUICC's root SM-DS, what waits for this eUICC.
  public func discover(at address: FQDN? = nil) throws(Problem) -> [EventRetrieval.Event] {
    var server = address
    if server == nil { server = FQDN(try isdr.configuredAddresses().rootDsAddress) }
    guard let server else { throw .noServer }
    return try run(EventRetrieval(address: server, device: device))
  }

  /// Delivers the notifications that wait, or the one with the given number.
  public func deliverNotifications(only seqNumber: Int? = nil) throws(Problem) -> NotificationDelivery.Outcome {
    try run(NotificationDelivery(only: seqNumber))
  }

  // MARK: Driving

  private func run<D: RecordedDownload>(_ download: D) throws(Problem) -> D.Outcome {
    var download = download
    do {
      let outcome = try drive(&download)
      journal(nil)
      return outcome
    } catch {
      giveUp(download, error)
      if !error.leavesOpen { journal(nil) }
      throw error
    }
  }

  /// Drives a download and keeps its record ahead of each step.
  private func drive<D: RecordedDownload>(
    _ download: inout D, from first: Step<D.Outcome>? = nil
  ) throws(Problem) -> D.Outcome {
    var kept: DownloadRecord?
    return try run(&download, from: first) { download in
      guard download.record != kept else { return }
      kept = download.record
      journal(kept)
    }
  }

  /// The server or the card was lost in the middle: the eUICC forgets the session, and the server learns of it if it can.
  private func giveUp<D: RecordedDownload>(_ download: D, _ problem: Problem) {
    var download = download
    var reason = CancelSessionReason.timeout
    switch problem {
    case .link: break
    case .cardStatus, .cardMalformed:
      // §3.1.3: pieces of the package that the eUICC does not take end the order; anything earlier may be tried again.
      if case .installing = download.record.stage { reason = .loadBppExecutionError }
    default: return
    }
    guard let step = download.cancel(reason, after: problem) else { return }
    _ = try? run(&download, from: step)
  }

  private func run<P: Procedure>(_ procedure: P) throws(Problem) -> P.Outcome {
    var procedure = procedure
    return try run(&procedure)
  }

  /// Runs a procedure to its end; `prepare` sees it before each step is done.
  private func run<P: Procedure>(
    _ procedure: inout P, from first: Step<P.Outcome>? = nil, prepare: (P) -> Void = { _ in }
  ) throws(Problem) -> P.Outcome {
    var step = if let first { first } else { try procedure.next(.begin) }
    while true {
      person.see(procedure.progress)
      prepare(procedure)
      switch step {
      case .card(let object): step = try procedure.next(.card(isdr.storeData(object)))
      case .ask(let question): step = try procedure.next(.person(person.decide(question)))
      case .done(let outcome): return outcome
      case .server(let call):
        switch exchange(call) {
        case .success(let reply): step = try procedure.next(.server(status: reply.status, body: reply.body))
        case .failure(let error): step = try procedure.unreachable(error)
        }
      }
    }
  }

  /// Asks a server, and asks again while it can help: servers give a repeated request the same reply.
  private func exchange(_ call: ServerCall) -> Result<Reply, LinkError> {
    var pauses = Self.backOff[...]
    while true {
      do {
        let reply = try servers.exchange(call.message)
        // Bad gateway, unavailable, gateway time-out: the server behind is being restarted.
        guard (502...504).contains(reply.status), let next = pauses.popFirst() else { return .success(reply) }
        pause(next)
      } catch {
        guard error.kind != .untrusted, error.kind != .malformed, let next = pauses.popFirst() else {
          return .failure(error)
        }
        pause(next)
      }
    }
  }
}
