import ArgumentParser
import Identifiers
import LPA
import SGP22

extension LPACommand {
  struct Download: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Download and install a profile by activation code, event, or from the default SM-DP+.",
      discussion: """
        Asks for consent, and for the confirmation code where one is wanted; --yes and --confirmation-code answer \
        beforehand. Notifications are delivered afterwards. After a break begin it again, with the activation code \
        or without: it finds out what the eUICC made of the last try and goes on from there.

        Example: simurgh lpa download 'LPA:1$localhost:8443$CI-1' --yes --enable
        """)

    @OptionGroup var options: LPAOptions
    @Argument(
      help: "The activation code (LPA:1$…); without one a broken download is taken up, or the default SM-DP+ asked.")
    var code: String?
    @OptionGroup var consent: ConsentOptions
    @Flag(help: "Enable the profile after the download.") var enable = false
    @Flag(help: "Leave the notifications on the eUICC.") var keepNotifications = false
    @Flag(help: "Print JSON.") var json = false

    /// How it ended, for scripts.
    struct Report: Encodable {
      let iccid, name: String
      let resumed, enabled: Bool
      var notifications: Notifications.Report?
    }

    func run() throws {
      try Complaint.reporting {
        let activation = try code.map { text in
          do { return try ActivationCode(text) } catch { throw Complaint(.data, "\(error)") }
        }
        let device = try options.device()
        let client = device.client(consent.person(quiet: json))
        let (iccid, metadata, resumed) = try download(activation, device, client)
        if !json { print("installed \(iccid) (\(metadata.profileName))\(resumed ? ", after a broken download" : "")") }
        if enable {
          try client.isdr.enable(.iccid(iccid))
          if !json { print("enabled") }
        }
        let delivered = keepNotifications ? nil : Notifications.Report(try client.deliverNotifications())
        guard json else {
          delivered?.print()
          return
        }
        try Output.json(
          Report(
            iccid: iccid.digits, name: metadata.profileName, resumed: resumed, enabled: enable,
            notifications: delivered))
      }
    }

    private typealias Installed = (ICCID, StoreMetadataRequest, resumed: Bool)

    private func download(_ code: ActivationCode?, _ device: Device, _ client: Client) throws -> Installed {
      if let record = device.journal.record() {
        if code.map(record.isOf) ?? true {
          Complaint.note("taking up the download from \(record.origin) that was broken off")
          switch try client.resume(record) {
          case .alreadyInstalled(let iccid, let metadata): return (iccid, metadata, true)
          case .downloaded(let outcome): return (outcome.iccid, outcome.metadata, true)
          }
        }
        settle(record, device)
      }
      let outcome = try code.map { try client.download($0) } ?? client.downloadFromDefaultServer()
      return (outcome.iccid, outcome.metadata, false)
    }

    /// Ends another download that was broken off, so that neither side waits for it; its order stays open.
    private func settle(_ record: DownloadRecord, _ device: Device) {
      do {
        if case .alreadyInstalled(let iccid, _) = try device.client(PostponingPerson()).resume(record) {
          Complaint.note("the earlier download from \(record.origin) had installed \(iccid)")
        }
      } catch Problem.cancelled(.postponed) {
        Complaint.note("the earlier download from \(record.origin) is put off; begin it again when you like")
      } catch {
        Complaint.note("the earlier download from \(record.origin) is over: \(error)")
        device.journal.keep(nil)
      }
    }
  }

  struct Discover: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ask an SM-DS what waits for this eUICC; --download fetches it.",
      discussion: "Example: simurgh lpa discover --smds localhost:8445 --download --yes")

    @OptionGroup var options: LPAOptions
    @Option(help: "The SM-DS; the eUICC's root SM-DS if it is left out.") var smds: String?
    @Flag(help: "Download what is found.") var download = false
    @OptionGroup var consent: ConsentOptions
    @Flag(help: "Print JSON.") var json = false

    /// An event, for scripts.
    struct Item: Encodable {
      let event, address: String
      var iccid: String?
    }

    func run() throws {
      try Complaint.reporting {
        let client = try options.device().client(consent.person(quiet: json))
        let address = try smds.map { text -> FQDN in
          guard let address = FQDN(text) else { throw Complaint(.data, "--smds \(text) is no host name.") }
          return address
        }
        var items: [Item] = []
        for event in try client.discover(at: address) {
          var item = Item(event: event.eventId, address: event.address.description)
          if !json { print("\(event.eventId) at \(event.address)") }
          if download {
            let outcome = try client.download(event)
            item.iccid = outcome.iccid.digits
            if !json { print("installed \(outcome.iccid) (\(outcome.metadata.profileName))") }
          }
          items.append(item)
        }
        let delivered = download ? Notifications.Report(try client.deliverNotifications()) : nil
        if json { return try Output.json(items) }
        if items.isEmpty { print("no events") }
        delivered?.print()
      }
    }
  }
}
