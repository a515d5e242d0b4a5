import ArgumentParser
import CustomerManagement
import Foundation
import Identifiers
import MutualAuthentication
import OrderDesk
import Store
import TransportHTTP

/// `simurgh operator`: the back office of a mobile network operator.
struct OperatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operator", abstract: "Run an operator's back office: subscribers, SIM stock, orders.",
    discussion: """
      The way of an order: bring SIMs into stock with their keys (stock import), enter a subscriber (subscriber add, \
      subscriber credit), agree on a subscription (subscription add), order a profile (order place) and show its \
      activation code (order code). `operator serve` takes the SM-DP+'s reports: when a profile is installed, its SIM \
      is let into the network. Later: order replace for a lost telephone, subscription suspend, resume and end, \
      subscriber history for everything that happened. docs/operator.md plays a day and explains operator.yaml.

      Example: simurgh operator status
      """,
    subcommands: [
      SubscriberCommand.self, SubscriptionCommand.self, ServiceCommand.self, StockCommand.self,
      PlacedOrderCommand.self, BulkCommand.self, OperatorMoveCommand.self, OperatorServeCommand.self,
      OperatorStatusCommand.self,
    ])
}

/// What all commands of the operator share.
struct OperatorOptions: ParsableArguments {
  @OptionGroup var site: StoredSiteOptions
  @Flag(help: "Print JSON.") var json = false

  /// The back office, which must be there unless the command is one that begins it.
  func party(beginning: Bool = false) throws -> OperatorParty { try OperatorParty(site.site, beginning: beginning) }

  /// Prints `item` as JSON or as `text`.
  func show(_ item: some Encodable, _ text: @autoclosure () -> String) throws {
    if json { try Output.json(item) } else { print(text()) }
  }
}

/// `simurgh operator serve`: takes reports and does the orders' steps.
struct OperatorServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Do the steps of orders and moves, and take reports, until interrupted.",
    discussion: """
      With "moves" in operator.yaml, devices ask here about profiles that move (docs/profile-move.md). Orders that a crash interrupted go on by themselves. The SM-DP+ calls with its own certificate, which \
      operator.yaml names; give its smdp-plus.yaml this listener as the operator's callback.

      Example: simurgh operator serve
      """)

  @OptionGroup var options: OperatorOptions
  @Option(help: "How many steps are done side by side.") var workers: Count = 4
  @Option(
    help: ArgumentHelp(
      "For tests: kill-before:STEP or kill-after:STEP ends the process at this step of an order, as `order show` names it.",
      valueName: "fault"))
  var fault: [OperatorFault] = []

  func validate() throws {
    guard workers.number <= 64 else { throw ValidationError("--workers is from 1 to 64.") }
  }

  func run() async throws {
    try await Complaint.reporting {
      let circle = try options.site.site.existingCircle()
      let trust = CircleInForce(try circle.circle())
      let party = try options.party(beginning: true)
      let client = try party.client(trust: trust)
      for work in try party.work(client) { try work.resume(.now()) }
      let server = try await HTTPServer.start([party.listener(trust: trust)] + party.moveListeners())
      let moves = server.ports.dropFirst().map { ", moves on port \($0)" }.joined()
      print(
        "operator \(party.configuration.identifier) is up: reports on port \(server.ports[0])\(moves). Ctrl-C ends it.")
      fflush(nil)
      let work = OrderWork(party: party, client: client, faults: fault)
      for _ in 0..<workers.number { work.start() }
      let watching = Task { await CircleWatch(directory: circle, trust: trust).run() }
      await Interruption.wait()
      watching.cancel()
      work.stop()
      await server.stop(grace: .seconds(5))
    }
  }
}

/// `simurgh operator status`: what is under way, and what somebody must look at.
struct OperatorStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how many orders are where, and what does not go on.",
    discussion: "Example: simurgh operator status --json")

  @OptionGroup var options: OperatorOptions

  struct Item: Encodable {
    let orders: [String: Int]
    let failing: [Failing]
  }

  struct Failing: Encodable {
    /// The order, or the change of a subscription; and which of them it is.
    let order, kind, step, failure: String
    let attempts: Int
    let nextTry: String?
  }

  func run() throws {
    try Complaint.reporting {
      let party = try options.party()
      let counts = try party.orders.counts()
      let failing = try party.orders.failing().map { act in
        Failing(
          order: act.subject, kind: act.plan, step: act.step, failure: act.failure ?? "", attempts: act.attempts,
          nextTry: act.due?.description)
      }
      if options.json {
        return try Output.json(
          Item(
            orders: Dictionary(uniqueKeysWithValues: counts.map { ($0.key.description, $0.value) }), failing: failing))
      }
      Output.table(
        ["ORDERS", "COUNT"],
        Order.State.allCases.compactMap { state in counts[state].map { [state.description, "\($0)"] } })
      guard !failing.isEmpty else { return }
      print("")
      Output.table(
        ["ORDER", "KIND", "STEP", "TRIES", "NEXT TRY", "WHY IT DOES NOT GO ON"],
        failing.map { [$0.order, $0.kind, $0.step, "\($0.attempts)", $0.nextTry ?? "", $0.failure] })
    }
  }
}
