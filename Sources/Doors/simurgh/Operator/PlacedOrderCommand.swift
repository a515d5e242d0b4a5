import ArgumentParser
import Bytes
import Foundation
import Identifiers
import OrderDesk
import QRCode

/// `simurgh operator order`: from an order to an activation code and a working SIM.
struct PlacedOrderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order", abstract: "Order profiles, show activation codes, cancel and replace.",
    discussion: """
      An order takes a SIM of stock, reserves its profile at the SM-DP+ (ES2+ DownloadOrder, ConfirmOrder, \
      ReleaseProfile) and waits for the device. The SIM is let into the network when the SM-DP+ reports that the \
      profile is installed, and never before. What a crash interrupts goes on by itself.

      Example: simurgh operator order place consumer --subscription 1
      """,
    subcommands: [Place.self, Show.self, Code.self, Cancel.self, Replace.self, List.self])

  /// An order for people and scripts; no secrets.
  struct Item: Encodable {
    let order, state, profileType: String
    let reference, iccid, imsi, eid, activationCode, progress, ending, waitsFor, failure, replaces: String?
    let smdpPlus, notCancelledBecause: String?
    let subscription: Int?
    let confirmationCodeRequired: Bool

    init(_ order: Order, _ party: OperatorParty) throws {
      (self.order, state, profileType) = (order.id, order.state.description, order.profileType)
      (reference, subscription, replaces) = (order.reference, order.subscription, order.replaces)
      (iccid, imsi, eid) = (order.sim?.iccid.digits, order.sim?.imsi.digits, (order.eid ?? order.wantedEID)?.digits)
      activationCode = order.state == .released ? order.activationCode?.description : nil
      progress = order.progress.map { "\($0.point)" + ($0.failure.map { ": \($0)" } ?? "") }
      (ending, confirmationCodeRequired) = (order.ending, order.wantsConfirmationCode)
      let act = try party.orders.act(of: order.id)
      waitsFor = act.flatMap { $0.state.isOver ? nil : $0.step }
      failure = act?.failure
      (smdpPlus, notCancelledBecause) = (order.server, try party.orders.cancellationRefusal(of: order.id))
    }

    var text: String {
      let rows: [(String, String?)] = [
        ("Order", order), ("State", state), ("Reference", reference), ("Type", profileType),
        ("Subscription", subscription.map(String.init)), ("SM-DP+", smdpPlus), ("ICCID", iccid), ("IMSI", imsi),
        ("EID", eid),
        ("Activation code", activationCode), ("Confirmation code", confirmationCodeRequired ? "wanted" : nil),
        ("Download", progress), ("Next step", waitsFor), ("It waits because", failure), ("Replaces", replaces),
        ("Ended because", ending), ("Not cancelled", notCancelledBecause),
      ]
      return rows.compactMap { label, value in
        value.map { "\(label.padding(toLength: 18, withPad: " ", startingAt: 0))\($0)" }
      }.joined(separator: "\n")
    }
  }

  /// How long a command waits for the steps it began.
  struct Waiting: ParsableArguments {
    @Flag(help: "Leave the steps to `simurgh operator serve`.") var noWait = false
    @Option(help: "Seconds to wait for the SM-DP+, at least 1.") var patience: Count = 10

    func work(_ party: OperatorParty, _ id: String, while states: Set<Order.State>) throws {
      try OrderWork.run(party, patience: seconds) { try !states.contains(party.orders.order(id).state) }
    }

    /// How long to wait: not at all where others do the steps.
    var seconds: TimeInterval { noWait ? 0 : TimeInterval(patience.number) }
  }

  struct Place: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Place an order, and show it when its activation code is there.",
      discussion: "Example: simurgh operator order place consumer --subscription 1")
    @OptionGroup var options: OperatorOptions
    @OptionGroup var waiting: Waiting
    @Argument(help: "The profile type, as the SIM stock has it.") var profileType: String
    @Option(help: "The subscription that gets the SIM.") var subscription: Int?
    @Option(help: "A certain SIM of stock.") var iccid: String?
    @Option(help: "The eUICC that alone may fetch it.") var eid: String?
    @Option(help: "Digits that the user must enter.") var confirmationCode: String?
    @Option(help: "The SM-DS that announces it; a dot for the root. Needs --eid.") var smds: String?
    @Option(help: "Your own name for the order; a second order with it is refused.") var reference: String?

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        let request = try OrderRequest(
          profileType: profileType, subscription: subscription, iccid: iccid.map { try ICCID($0) },
          eid: eid.map { try EID($0) }, confirmationCode: confirmationCode.map { Secret(Array($0.utf8)) },
          smdsAddress: smds, reference: reference)
        let id = try party.orders.place(request, now: .now(), random: SystemRandomSource.shared).id
        try waiting.work(party, id, while: [.placed])
        let item = try Item(party.orders.order(id), party)
        try options.show(item, item.text)
        if item.state == Order.State.failed.description { throw ExitCode(Complaint.Kind.refused.rawValue) }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show an order, with its history on demand.",
      discussion: "Example: simurgh operator order show ORDER --history")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The order.") var order: String
    @Flag(help: "Show what happened to it instead.") var history = false
    @Flag(help: "Show its confirmation code instead; that is noted in the order's history.") var reveal = false

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        if history { return try HistoryLine.show(party.orders.history(of: order), json: options.json) }
        if reveal {
          let code = try party.orders.revealConfirmationCode(of: order, to: "\(NSUserName())", now: .now())
          let text = code.map { String(decoding: $0.bytes, as: UTF8.self) }
          return try options.show(["confirmationCode": text], text ?? "no confirmation code is wanted")
        }
        let item = try Item(party.orders.order(order), party)
        try options.show(item, item.text)
      }
    }
  }

  struct Code: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show an order's activation code as a QR code, or write it as PNG or SVG.",
      discussion: """
        The picture's kind is the file's ending: .png or .svg.

        Example: simurgh operator order code ORDER -o code.png
        """)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The order.") var order: String
    @Option(name: .shortAndLong, help: "The file to write, instead of showing the code.") var output: String?
    @Option(help: "Pixels a module, in a PNG: 1 to 64.") var scale: Count = 8

    func validate() throws {
      guard scale.number <= 64 else { throw ValidationError("--scale is from 1 to 64.") }
    }

    func run() throws {
      try Complaint.reporting {
        let found = try options.party().orders.order(order)
        guard found.state == .released, let code = found.activationCode else {
          throw Complaint(.refused, "Order \(order) is \(found.state) and has no activation code.")
        }
        guard let picture = QRCode(code.description) else {
          throw Complaint(.data, "The activation code is too long for a QR code.")
        }
        guard let output else {
          return try options.show(["activationCode": code.description], "\(picture.terminalText)\n\(code)")
        }
        let bytes: [UInt8]
        if output.lowercased().hasSuffix(".svg") {
          bytes = Array(picture.svg.utf8)
        } else if output.lowercased().hasSuffix(".png") {
          guard let png = picture.png(scale: scale.number) else {
            throw Complaint(.data, "The picture cannot be made.", remedy: "Try a smaller --scale, or .svg.")
          }
          bytes = png
        } else {
          throw Complaint(.data, "\(output) ends neither with .png nor with .svg.")
        }
        do { try Data(bytes).write(to: URL(fileURLWithPath: output)) } catch {
          throw Complaint(.noPermission, "\(output) cannot be written.")
        }
        try options.show(["activationCode": code.description, "file": output], "wrote \(output)")
      }
    }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take an order back: profile and SIM are free again, unless a device was faster.",
      discussion: #"Example: simurgh operator order cancel ORDER --because "asked for twice""#)
    @OptionGroup var options: OperatorOptions
    @OptionGroup var waiting: Waiting
    @Argument(help: "The order.") var order: String
    @Option(help: "Why, for the record.") var because = "asked for at the command line"

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        try party.orders.cancel(order, because: because, now: .now())
        try OrderWork.run(party, patience: waiting.seconds) {
          let state = try party.orders.order(order).state
          return try ![.placed, .released].contains(state) || party.orders.cancellationRefusal(of: order) != nil
        }
        let item = try Item(party.orders.order(order), party)
        try options.show(item, item.text)
        if let reason = item.notCancelledBecause {
          throw Complaint(
            .refused, "Order \(order) is not cancelled: \(reason)",
            remedy: "A device has the profile already. Let it be installed, then end the subscription.")
        }
      }
    }
  }

  struct Replace: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Order another SIM for an order's subscription; the former one works until then.",
      discussion: """
        For a lost telephone, or a profile that could not be installed. Asked for again, it shows the order that \
        replaces this one already.

        Example: simurgh operator order replace ORDER
        """)
    @OptionGroup var options: OperatorOptions
    @OptionGroup var waiting: Waiting
    @Argument(help: "The order to replace.") var order: String

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        let id = try party.orders.replace(order, now: .now(), random: SystemRandomSource.shared).id
        try waiting.work(party, id, while: [.placed])
        let item = try Item(party.orders.order(id), party)
        try options.show(item, item.text)
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List orders.",
      discussion: "Example: simurgh operator order list --state released")
    @OptionGroup var options: OperatorOptions
    @Option(help: "Of one state: placed, released, installed, active, cancelled, failed, replaced.")
    var state: String?
    @Option(help: "Begin after this order.") var after = ""
    @Option(help: "How many, at most.") var limit: Count = 100

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        let wanted = try state.map { text in
          guard let state = Order.State.allCases.first(where: { $0.description == text }) else {
            throw Complaint(.data, "There is no state \"\(text)\".")
          }
          return state
        }
        let items = try party.orders.orders(state: wanted, after: after, limit: limit.number).map {
          try Item($0, party)
        }
        if options.json { return try Output.json(items) }
        Output.table(
          ["ORDER", "STATE", "TYPE", "ICCID", "REFERENCE"],
          items.map { [$0.order, $0.state, $0.profileType, $0.iccid ?? "", $0.reference ?? ""] })
      }
    }
  }
}
