import ArgumentParser
import DeviceChange
import Foundation
import Identifiers

/// `simurgh operator move`: what the operator's people have to do with profiles that move.
struct OperatorMoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Show and decide moves of profiles to other devices.",
    discussion: "Example: simurgh operator move list", subcommands: [List.self, Approve.self, Cancel.self])

  /// A move for people and scripts; no secrets.
  struct Item: Encodable {
    let move, state, iccid, imsi, oldEID, newEID: String
    let newICCID, waitsFor, failure, ending: String?
    let risk: Int?

    init(_ move: Move, _ party: OperatorParty) throws {
      (self.move, state) = (move.id, move.state.description)
      (iccid, imsi) = (move.iccid.digits, move.imsi.digits)
      (oldEID, newEID, newICCID) = (move.oldEID.digits, move.newEID.digits, move.newICCID?.digits)
      let act = try party.moves.act(of: move.id)
      waitsFor = act.flatMap { $0.state.isOver ? nil : $0.step }
      (failure, ending, risk) = (act?.failure, move.ending, move.risk)
    }

    static func show(_ items: [Item], _ options: OperatorOptions) throws {
      if options.json { return try Output.json(items) }
      Output.table(
        ["MOVE", "STATE", "ICCID", "TO", "RISK", "NEXT STEP", "WHY"],
        items.map {
          [
            $0.move, $0.state, $0.iccid, $0.newICCID ?? $0.newEID, $0.risk.map(String.init) ?? "", $0.waitsFor ?? "",
            $0.ending ?? $0.failure ?? "",
          ]
        })
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List moves.", discussion: "Example: simurgh operator move list --json")
    @OptionGroup var options: OperatorOptions
    @Option(help: "Begin after this move.") var after = ""
    @Option(help: "How many, at most.") var limit: Count = 100

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        try Item.show(party.moves.moves(after: after, limit: limit.number).map { try Item($0, party) }, options)
      }
    }
  }

  struct Approve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approve a risky move as the second person, or do not.",
      discussion: "Example: simurgh operator move approve 7K3M0Q2R5T8V --by 'A. Clerk'")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The move.") var move: String
    @Option(help: "Who decides.") var by: String
    @Flag(help: "It shall not be: the move is taken back.") var deny = false

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        try party.moves.approve(move, !deny, by: by, now: .now())
        try Item.show([Item(party.moves.move(move), party)], options)
      }
    }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a move back, before its point of no return.",
      discussion: "Example: simurgh operator move cancel 7K3M0Q2R5T8V --because 'the subscriber objects'")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The move.") var move: String
    @Option(help: "Why; the person at the device reads it.") var because: String

    func run() throws {
      try Complaint.reporting {
        guard (1...256).contains(because.utf8.count), !because.contains(where: \.isNewline) else {
          throw Complaint(.data, "--because: 1 to 256 characters on one line are wanted.")
        }
        let party = try options.party()
        try party.moves.cancel(move, because: because, now: .now())
        try Item.show([Item(party.moves.move(move), party)], options)
      }
    }
  }
}
