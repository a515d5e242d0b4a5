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

  /// v3: hands a profile on by the SM-DP+ at `address` to the device with the eUICC `target`; tells by which activation
  /// code that device gets its own.
  public func handOn(
    _ iccid: ICCID, at address: FQDN, to target: EID?
  ) throws(Problem) -> DeviceHandover.Outcome {
    guard let profile = try isdr.profiles().first(where: { $0.iccid == iccid }) else {
      throw .functionFailed("GetProfilesInfo", "iccidOrAidNotFound")
    }
    let metadata = StoreMetadataRequest(
      iccid: iccid, serviceProviderName: profile.serviceProviderName ?? "", profileName: profile.profileName ?? "")
    return try run(DeviceHandover(metadata, at: address, to: target, device: device))
  }

  /// v3: downloads again a profile that was deleted here for a device change which failed on the other device.
  public func recover(_ iccid: ICCID, from address: FQDN) throws(Problem) -> ProfileDownload.Outcome {
    try download(try run(ProfileRecovery(iccid, at: address, device: device)))
  }

  /// Delivers the notifications that wait, or the one with the given number.
  public func deliverNotifications(only seqNumber: Int? = nil) throws(Problem) -> NotificationDelivery.Outcome {
    try run(NotificationDelivery(only: seqNumber))
  }

  /// Tells servers of the cancellations that are owed to them (``DownloadJournal/owed``).
  public func deliverCancellations(_ owed: [DownloadRecord]) throws(Problem) -> CancellationDelivery.Outcome {
    try run(CancellationDelivery(owed))
  }

  // MARK: Driving

  private func run<P: Procedure>(_ procedure: P) throws(Problem) -> P.Outcome {
    var course = Course(procedure)
    var event = Course<P>.Event.done
    while true {
      let task = course.next(event)
      person.see(course.progress)
      switch task {
      case .keep(let record):
        journal(record)
        event = .done
      case .pause(let duration):
        pause(duration)
        event = .done
      case .ask(let question): event = .answer(.person(person.decide(question)))
      case .card(let object):
        do throws(Problem) { event = .answer(.card(try isdr.storeData(object))) } catch { event = .failed(error) }
      case .server(let call):
        do throws(LinkError) {
          let reply = try servers.exchange(call.message)
          event = .answer(.server(status: reply.status, body: reply.body))
        } catch { event = .unreachable(error) }
      case .end(let result): return try result.get()
      }
    }
  }
}
