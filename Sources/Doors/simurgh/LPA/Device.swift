import ArgumentParser
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import LPA
import SGP22
import Transport
import TransportCard
import TransportHTTP

/// Which card, and how to reach servers.
struct LPAOptions: ParsableArguments {
  @OptionGroup var site: SiteOptions
  @Option(help: "The software card: a name or a directory.") var card = LabNames.card
  @Option(help: "A PC/SC reader instead: its name or a part of it; \"any\" for the first with a card.")
  var reader: String?
  @Option(help: "Write every APDU and HTTP message, decoded, to this file; - is standard error.") var log: String?
  @Option(help: "A fault of the software card; see docs/ci-recipe.md. May be given several times.")
  var fault: [Fault] = []
  @Option(help: "The device's IMEI.") var imei = "356938035643809"
  @Option(help: "Where a server is that no name service knows: NAME=HOST:PORT. May be given several times.")
  var place: [String] = []

  func validate() throws {
    guard reader == nil || fault.isEmpty else {
      throw ValidationError("--fault is for software cards; the card in a reader cannot be told to fail.")
    }
  }

  /// The ISD-R on the card.
  func isdr() throws -> ISDR { try isdr(checkedSink()) }

  /// The card, the servers and the journal.
  func device() throws -> Device {
    let sink = try checkedSink()
    return try device(isdr(sink), sink)
  }

  /// Does `act` to the card, and then, unless they are kept, delivers the notifications over the same link as far as
  /// that can be done: the act stands whatever becomes of them.
  func run(_ keeping: KeepingNotifications, _ act: (ISDR) throws -> Void) throws {
    let sink = try checkedSink()
    let isdr = try isdr(sink)
    try act(isdr)
    guard !keeping.keepNotifications else { return }
    do {
      let device = try device(isdr, sink)
      try LPACommand.Notifications.deliver(device, device.client(PersonAtTerminal.consenting(quiet: true)))
    } catch {
      Complaint.note("the notifications wait on the eUICC: \(error)")
    }
  }

  /// The log, after what no card is needed to find fault with.
  private func checkedSink() throws -> LogFile? {
    _ = try (information(), places())
    return try log.map { try LogFile($0) }
  }

  private func isdr(_ sink: LogFile?) throws -> ISDR { try ISDR(link(sink)) }

  private func device(_ isdr: ISDR, _ sink: LogFile?) throws -> Device {
    Device(
      isdr: isdr, servers: try servers(sink), information: try information(),
      journal: JournalFile(site.site, eid: try isdr.eid()))
  }

  /// The card's link, recorded if a log is wanted.
  private func link(_ sink: LogFile?) throws -> any CardLink {
    let link: any CardLink =
      if let reader { try PCSC.connect(reader == "any" ? nil : reader) } else { InProcessCard(try softwareCard()) }
    _ = try link.reset()
    guard let sink else { return link }
    return CardRecorder(link, sink: sink, names: MessageNames.all)
  }

  /// The software card; one without a place for an LPA is refused by name.
  private func softwareCard() throws -> any CardSide {
    let directory = try CardDirectory(card, of: site.site)
    _ = try directory.eid()
    return try directory.side(faults: fault)
  }

  private func servers(_ sink: LogFile?) throws -> any ServerLink {
    let circle = try site.site.existingCircle()
    var configuration = try circle.callers()
    configuration.places = try places()
    let servers = try HTTPSClient(configuration)
    guard let sink else { return servers }
    return ServerRecorder(servers, sink: sink, names: MessageNames.all)
  }

  private func places() throws -> [String: String] {
    var places: [String: String] = [:]
    for item in place {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let port = parts.last?.split(separator: ":").last.map(String.init)
      guard parts.count == 2, FQDN(parts[0]) != nil, FQDN(parts[1]) != nil, let port, Port(argument: port) != nil else {
        throw Complaint(
          .usage, "--place \(item) is not NAME=HOST:PORT.",
          remedy: "For example: --place smdp.example.com=localhost:8443")
      }
      places[parts[0]] = parts[1]
    }
    return places
  }

  private func information() throws -> DeviceInfo {
    let imei = try Complaint.naming("--imei") { try IMEI(self.imei) }
    return DeviceInfo(
      tac: imei.tac,
      deviceCapabilities: DeviceCapabilities([
        .gsm: VersionType(15, 0, 0), .utran: VersionType(15, 0, 0), .eutran: VersionType(15, 0, 0),
      ]), imei: imei.bytes)
  }
}

/// Whether an act leaves its notifications for another time.
struct KeepingNotifications: ParsableArguments {
  @Flag(help: "Leave the notifications on the eUICC.") var keepNotifications = false
}

/// A telephone: its card, the way to servers, and what it keeps of its downloads.
struct Device {
  let isdr: ISDR
  let servers: any ServerLink
  let information: DeviceInfo
  let journal: JournalFile

  /// The LPA with `person` in front of it.
  func client(_ person: any Person) -> Client {
    Client(
      isdr: isdr, servers: servers, person: person, device: information,
      pause: { pause in
        if isatty(STDERR_FILENO) == 1 { Complaint.note("no answer yet; another try in \(pause)") }
        Thread.sleep(forTimeInterval: pause / .seconds(1))
      }, journal: journal.keep)
  }
}
