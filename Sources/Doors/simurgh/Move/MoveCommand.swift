import ArgumentParser
import Foundation
import Identifiers
import ProfileMove

/// `simurgh move`: a user asks the operator to move a profile to another device.
struct MoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Ask the operator to move a profile to another device, exactly once.",
    discussion: """
      `move start` asks for it and shows a ticket for each device; on the devices `simurgh lpa move TICKET` does the \
      rest. The operator sends a code to the subscriber, who enters it; both devices ask their person for consent. Until \
      the network changes to the new profile the old one works and everything can be taken back; afterwards the new one \
      works. docs/profile-move.md explains each step.

      Example: simurgh move start 8988211000000000018 --from EID1 --to EID2 --operator localhost:8456
      """, subcommands: [Start.self, Status.self, Cancel.self])

  /// An EID that was given as `option`.
  static func eid(_ text: String, _ option: String) throws -> EID { try Complaint.naming(option) { try EID(text) } }

  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ask for a move; asked again it is the same move.",
      discussion: "Example: simurgh move start 8988211000000000018 --from EID1 --to EID2")
    @OptionGroup var site: SiteOptions
    @OptionGroup var mobileOperator: MoveOperator
    @Argument(help: "The profile's ICCID.") var iccid: String
    @Option(name: .customLong("from"), help: "The old device's EID.") var oldEID: String
    @Option(name: .customLong("to"), help: "The new device's EID.") var newEID: String
    @Flag(help: "The old device is lost: it is not asked, and the operator looks more closely.") var lost = false
    @Flag(help: "Print JSON.") var json = false

    struct Item: Encodable { let oldTicket, newTicket: String }

    func run() throws {
      try Complaint.reporting {
        let iccid = try Complaint.naming(self.iccid) { try ICCID(self.iccid) }
        let (old, new) = (try MoveCommand.eid(oldEID, "--from"), try MoveCommand.eid(newEID, "--to"))
        guard old != new else {
          throw Complaint(.data, "Both EIDs are the same.", remedy: "A profile moves to another eUICC than its own.")
        }
        let line = try mobileOperator.line(site.site)
        let answer = try line.start(iccid, from: old, to: new, isOldAtHand: !lost, at: site.site)
        if json { return try Output.json(Item(oldTicket: answer.oldTicket, newTicket: answer.newTicket)) }
        if !lost { print("on the old device: simurgh lpa move \(answer.oldTicket)") }
        print("on the new device: simurgh lpa move \(answer.newTicket)")
      }
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say how a move stands.", discussion: "Example: simurgh move status TICKET --json")
    @OptionGroup var site: SiteOptions
    @OptionGroup var mobileOperator: MoveOperator
    @Argument(help: "The ticket of one of both devices.") var ticket: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let report = MoveReport(try mobileOperator.line(site.site).ask(MoveStatus.self, .init(ticket: ticket)))
        if json { return try Output.json(report) }
        print("\(report.state): \(report.sentence)")
      }
    }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a move back, before the network has changed to the new profile.",
      discussion: "Example: simurgh move cancel TICKET")
    @OptionGroup var site: SiteOptions
    @OptionGroup var mobileOperator: MoveOperator
    @Argument(help: "The ticket of one of both devices.") var ticket: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let line = try mobileOperator.line(site.site)
        _ = try line.ask(MoveCancel.self, .init(ticket: ticket))
        let report = MoveReport(try line.ask(MoveStatus.self, .init(ticket: ticket)))
        if json { return try Output.json(report) }
        print("\(report.state): \(report.sentence)")
      }
    }
  }
}
