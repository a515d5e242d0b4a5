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
        or without: it finds out what the eUICC made of the last try and goes on from there; --abandon gives it up.

        Example: simurgh lpa download 'LPA:1$localhost:8443$CI-1' --yes --enable
        """)

    @OptionGroup var options: LPAOptions
    @Argument(
      help: "The activation code (LPA:1$…); without one a broken download is taken up, or the default SM-DP+ asked.")
    var code: String?
    @OptionGroup var consent: ConsentOptions
    @Flag(help: "Enable the profile after the download.") var enable = false
    @Flag(help: "Give up a broken download, and download nothing.") var abandon = false
    @OptionGroup var notifications: KeepingNotifications
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      guard !abandon || (code == nil && !enable) else {
        throw ValidationError("--abandon downloads nothing: give neither an activation code nor --enable.")
      }
    }

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
        if abandon { return try giveUp(device) }
        let client = device.client(consent.person(quiet: json))
        var report: Report
        do { report = try install(activation, device, client) } catch {
          // A download that is open is settled first when it is taken up: what the eUICC made of it tells how it ended.
          // The problem at hand is the one to be told, whatever becomes of the notifications.
          if device.journal.record() == nil, !notifications.keepNotifications {
            _ = try? Notifications.deliver(device, client, quiet: json)
          }
          throw error
        }
        if !notifications.keepNotifications {
          report.notifications = try Notifications.deliver(device, client, quiet: json)
        }
        if json { try Output.json(report) }
      }
    }

    private func install(_ code: ActivationCode?, _ device: Device, _ client: Client) throws -> Report {
      let (iccid, metadata, resumed) = try Self.download(code, device, client)
      if !json { print("installed \(iccid) (\(metadata.profileName))\(resumed ? ", after a broken download" : "")") }
      if enable {
        try client.isdr.enable(.iccid(iccid))
        if !json { print("enabled") }
      }
      return Report(iccid: iccid.digits, name: metadata.profileName, resumed: resumed, enabled: enable)
    }

    /// Ends a broken download without another try.
    private func giveUp(_ device: Device) throws {
      guard let record = device.journal.record() else {
        throw Complaint(.noInput, "No download was broken off; there is nothing to give up.")
      }
      Self.settle(record, device)
      device.journal.change { $0.setAside() }
      if device.journal.read().owed.contains(where: { $0.origin == record.origin }) {
        Complaint.note("its server is told of it with the next notifications: simurgh lpa notifications process --wait")
      }
      if json { return try Output.json(["abandoned": record.origin]) }
      print("the download from \(record.origin) is given up")
    }

    typealias Installed = (ICCID, StoreMetadataRequest, resumed: Bool)

    /// Downloads by `code`, or what waits at the default SM-DP+; a download that was broken off is taken up or settled.
    static func download(_ code: ActivationCode?, _ device: Device, _ client: Client) throws -> Installed {
      if let record = device.journal.record() {
        if code.map(record.isOf) ?? true {
          Complaint.note("taking up the download from \(record.origin) that was broken off")
          do {
            switch try client.resume(record) {
            case .alreadyInstalled(let iccid, let metadata): return (iccid, metadata, true)
            case .downloaded(let outcome): return (outcome.iccid, outcome.metadata, true)
            }
          } catch {
            guard device.journal.record() != nil else { throw error }
            throw Complaint(
              Complaint(error).kind, "\(error)",
              remedy: "Try it again with `simurgh lpa download`, or give it up with `simurgh lpa download --abandon`.")
          }
        }
        settle(record, device)
      }
      let outcome = try code.map { try client.download($0) } ?? client.downloadFromDefaultServer()
      return (outcome.iccid, outcome.metadata, false)
    }

    /// Ends another download that was broken off, so that neither side waits for it; its order stays open.
    private static func settle(_ record: DownloadRecord, _ device: Device) {
      do {
        if case .alreadyInstalled(let iccid, _) = try device.client(PostponingPerson()).resume(record) {
          Complaint.note("the earlier download from \(record.origin) had installed \(iccid)")
        }
      } catch Problem.cancelled(.postponed) {
        Complaint.note("the earlier download from \(record.origin) is put off; begin it again when you like")
      } catch {
        Complaint.note("the earlier download from \(record.origin) is over: \(error)")
        device.journal.change { $0.setAside() }
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
      /// Why it was not installed.
      var problem: String?
    }

    func run() throws {
      try Complaint.reporting {
        let device = try options.device()
        let client = device.client(consent.person(quiet: json))
        let address = try smds.map { text -> FQDN in
          guard let address = FQDN(text) else { throw Complaint(.data, "--smds \(text) is no host name.") }
          return address
        }
        var items: [Item] = []
        var worst: Complaint.Kind?
        for event in try client.discover(at: address) {
          var item = Item(event: event.eventId, address: event.address.description)
          if !json { print("\(event.eventId) at \(event.address)") }
          if download {
            // An event that fails is no reason to miss the next one.
            do { item.iccid = try install(event, client) } catch {
              item.problem = "\(error)"
              Complaint.note("\(event.eventId) at \(event.address): \(error)")
              worst = [worst, Complaint(error).kind].compactMap(\.self).max { $0.rawValue < $1.rawValue }
            }
          }
          items.append(item)
        }
        if items.isEmpty, !json { print("no events") }
        if download { try deliver(device, client, failed: worst != nil) }
        if json { try Output.json(items) }
        if let worst { throw ExitCode(worst.rawValue) }
      }
    }

    private func install(_ event: EventRetrieval.Event, _ client: Client) throws -> String {
      let outcome = try client.download(event)
      if !json { print("installed \(outcome.iccid) (\(outcome.metadata.profileName))") }
      return outcome.iccid.digits
    }

    /// After a failure, notifications that cannot be read are not what is to be told.
    private func deliver(_ device: Device, _ client: Client, failed: Bool) throws {
      do { try Notifications.deliver(device, client, quiet: json) } catch { if !failed { throw error } }
    }
  }
}
