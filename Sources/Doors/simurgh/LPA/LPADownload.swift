import ArgumentParser
import Bytes
import Foundation
import Identifiers
import LPA
import SGP22

extension LPACommand {
  struct Download: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Download and install a profile by activation code, event, or from the default SM-DP+.",
      discussion: """
        Asks for consent, and for the confirmation code where one is wanted; --yes and --confirmation-code answer \
        beforehand. Notifications are delivered afterwards. After a break begin it again with the same activation \
        code: the server hands out the same profile.
        """)

    @OptionGroup var options: LPAOptions
    @Argument(help: "The activation code (LPA:1$…); without one the default SM-DP+ is asked.") var code: String?
    @Flag(name: .shortAndLong, help: "Consent without being asked.") var yes = false
    @Option(help: "The confirmation code.") var confirmationCode: String?
    @Flag(help: "Enable the profile after the download.") var enable = false
    @Flag(help: "Leave the notifications on the eUICC.") var keepNotifications = false

    func run() throws {
      try Complaint.reporting {
        let person = PersonAtTerminal(consents: yes, confirmationCode: confirmationCode)
        let client = try options.client(person)
        let activation: ActivationCode?
        do { activation = try code.map { try ActivationCode($0) } } catch { throw Complaint(.data, "\(error)") }
        let outcome = try activation.map { try client.download($0) } ?? client.downloadFromDefaultServer()
        print("installed \(outcome.iccid) (\(outcome.metadata.profileName))")
        if enable {
          try client.isdr.enable(.iccid(outcome.iccid))
          print("enabled")
        }
        if !keepNotifications { Notifications.tell(try client.deliverNotifications()) }
      }
    }
  }

  struct Discover: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ask an SM-DS what waits for this eUICC; --download fetches it.")

    @OptionGroup var options: LPAOptions
    @Option(help: "The SM-DS; the eUICC's root SM-DS if it is left out.") var smds: String?
    @Flag(help: "Download what is found.") var download = false
    @Flag(name: .shortAndLong, help: "Consent without being asked.") var yes = false

    func run() throws {
      try Complaint.reporting {
        let client = try options.client(PersonAtTerminal(consents: yes, confirmationCode: nil))
        let address = try smds.map { text -> FQDN in
          guard let address = FQDN(text) else { throw Complaint(.data, "--smds \(text) is no host name.") }
          return address
        }
        let events = try client.discover(at: address)
        if events.isEmpty { print("no events") }
        for event in events {
          print("\(event.eventId) at \(event.address)")
          guard download else { continue }
          let outcome = try client.download(event)
          print("installed \(outcome.iccid) (\(outcome.metadata.profileName))")
        }
        if download { Notifications.tell(try client.deliverNotifications()) }
      }
    }
  }

  struct Notifications: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List, deliver or remove notifications.",
      subcommands: [ListThem.self, Process.self, Remove.self], defaultSubcommand: ListThem.self)

    struct ListThem: ParsableCommand {
      static let configuration = CommandConfiguration(commandName: "list", abstract: "List what waits for delivery.")
      @OptionGroup var options: LPAOptions
      @Flag(help: "Print JSON.") var json = false

      struct Item: Encodable {
        let number: Int
        let event, receiver, iccid: String
      }

      func run() throws {
        try Complaint.reporting {
          let items = try options.isdr().notifications().map {
            Item(
              number: $0.seqNumber, event: "\($0.profileManagementOperation)", receiver: $0.notificationAddress,
              iccid: $0.iccid?.digits ?? "")
          }
          if json { return try Output.json(items) }
          if items.isEmpty { return print("No notification waits.") }
          Output.table(
            ["NUMBER", "EVENT", "RECEIVER", "ICCID"], items.map { ["\($0.number)", $0.event, $0.receiver, $0.iccid] })
        }
      }
    }

    struct Process: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Deliver notifications, and remove those from the eUICC that were taken.")
      @OptionGroup var options: LPAOptions
      @Argument(help: "The number of one notification; all if it is left out.") var number: Int?

      func run() throws {
        try Complaint.reporting {
          let client = try options.client(PersonAtTerminal(consents: true, confirmationCode: nil))
          let outcome = try client.deliverNotifications(only: number)
          Notifications.tell(outcome)
          if !outcome.waiting.isEmpty { throw ExitCode(Complaint.Kind.unavailable.rawValue) }
        }
      }
    }

    struct Remove: ParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Remove a notification without delivering it.")
      @OptionGroup var options: LPAOptions
      @Argument(help: "The notification's number.") var number: Int

      func run() throws {
        try Complaint.reporting {
          guard try options.isdr().removeNotification(number) else {
            throw Complaint(.noInput, "There is no notification \(number).")
          }
          print("removed")
        }
      }
    }

    static func tell(_ outcome: NotificationDelivery.Outcome) {
      for item in outcome.delivered {
        print("delivered \(item.profileManagementOperation) to \(item.notificationAddress)")
      }
      for item in outcome.waiting {
        print("\(item.profileManagementOperation) for \(item.notificationAddress) waits: the receiver did not take it")
      }
    }
  }
}

/// The person at the keyboard.
final class PersonAtTerminal: Person {
  private let consents: Bool
  private let confirmationCode: String?
  private let isQuiet: Bool
  private let bar = ProgressBar(name: "download")

  /// Somebody who agrees to everything; a quiet one is shown nothing.
  static func consenting(quiet: Bool) -> PersonAtTerminal {
    PersonAtTerminal(consents: true, confirmationCode: nil, isQuiet: quiet)
  }

  init(consents: Bool, confirmationCode: String?, isQuiet: Bool = false) {
    (self.consents, self.confirmationCode, self.isQuiet) = (consents, confirmationCode, isQuiet)
  }

  func decide(_ question: Question) -> Decision {
    let metadata = question.metadata
    if isQuiet, consents, !question.confirmationCodeRequired { return .accept(confirmationCode: nil) }
    print("\(metadata.serviceProviderName) offers \"\(metadata.profileName)\" (ICCID \(metadata.iccid)).")
    for rule in question.policyRules {
      print(rule == .ppr1 ? "Once enabled it cannot be disabled." : "Once installed it cannot be deleted.")
    }
    if !consents {
      print("Download it? [yes/no/later] ", terminator: "")
      fflush(nil)
      switch readLine()?.lowercased() {
      case "yes", "y": break
      case "later", "l": return .postpone
      case nil: return .timeout
      default: return .reject
      }
      for rule in question.rulesToConsentTo {
        print("Do you agree that it cannot be \(rule == .ppr1 ? "disabled" : "deleted")? [yes/no] ", terminator: "")
        fflush(nil)
        guard let answer = readLine() else { return .timeout }
        guard ["yes", "y"].contains(answer.lowercased()) else { return .reject }
      }
    }
    guard question.confirmationCodeRequired else { return .accept(confirmationCode: nil) }
    if let confirmationCode { return .accept(confirmationCode: Secret(Array(confirmationCode.utf8))) }
    guard isatty(STDIN_FILENO) == 1, let code = getpass("Confirmation code: ") else { return .timeout }
    return .accept(confirmationCode: Secret(Array(String(cString: code).utf8)))
  }

  func see(_ progress: LPA.Progress) { if !isQuiet { bar.show(progress.done, of: progress.total) } }
}
