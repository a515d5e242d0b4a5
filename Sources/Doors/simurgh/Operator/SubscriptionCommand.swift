import ArgumentParser
import Bytes
import CustomerManagement
import Foundation
import Identifiers
import OrderDesk

/// `simurgh operator subscription`: what subscribers have.
struct SubscriptionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subscription", abstract: "Agree on subscriptions, suspend them, end them.",
    discussion: "Example: simurgh operator subscription add 1",
    subcommands: [Add.self, List.self, Suspend.self, Resume.self, End.self])

  struct Item: Encodable {
    let subscription, subscriber: Int
    let state: String
    let number, iccid, imsi: String?
    let services: [String]

    init(_ item: Subscription, _ desk: CustomerManagement.Desk) throws {
      (subscription, subscriber, state) = (item.id, item.subscriber, item.state.description)
      (number, iccid, imsi) = (item.number?.description, item.iccid?.digits, item.imsi?.digits)
      services = try desk.services(ofSubscription: item.id)
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Agree on a subscription with a subscriber whose credit is approved.",
      discussion: """
        Its SIM comes with `simurgh operator order place --subscription N`.

        Example: simurgh operator subscription add 1 --number +4915550000001
        """)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The subscriber's number.") var subscriber: Int
    @Option(help: "The telephone number that is offered to or reserved for the subscriber.") var number: String?

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party().customers
        let id = try desk.subscribe(subscriber, number: number.map { try TelephoneNumber($0) }, now: .now())
        try options.show(Item(desk.subscription(id), desk), "subscription \(id)")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List subscriptions.",
      discussion: "Example: simurgh operator subscription list --subscriber 1")
    @OptionGroup var options: OperatorOptions
    @Option(help: "One subscriber's only.") var subscriber: Int?
    @Option(help: "Begin after this number.") var after = 0
    @Option(help: "How many, at most.") var limit: Count = 100

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party().customers
        let items = try desk.subscriptions(ofSubscriber: subscriber, after: after, limit: limit.number)
          .map { try Item($0, desk) }
        if options.json { return try Output.json(items) }
        Output.table(
          ["SUBSCRIPTION", "SUBSCRIBER", "STATE", "NUMBER", "ICCID", "SERVICES"],
          items.map {
            [
              "\($0.subscription)", "\($0.subscriber)", $0.state, $0.number ?? "", $0.iccid ?? "",
              $0.services.joined(separator: ", "),
            ]
          })
      }
    }
  }

  /// Asks for a change of a subscription and waits until books and network agree.
  private static func change(
    _ kind: SubscriptionChange.Kind, _ subscription: Int, _ options: OperatorOptions,
    _ waiting: PlacedOrderCommand.Waiting
  ) throws {
    try Complaint.reporting {
      let party = try options.party()
      _ = try party.customers.subscription(subscription)
      let random = SystemRandomSource.shared
      let id = try party.orders.change(subscription, kind, now: .now(), random: random).id
      try OrderWork.run(party, patience: waiting.seconds) { try party.orders.change(id).state != .underWay }
      let change = try party.orders.change(id)
      if change.state == .refused {
        throw Complaint(.refused, "Subscription \(subscription): \(change.ending ?? "the change was refused").")
      }
      let item = try Item(party.customers.subscription(subscription), party.customers)
      let isDone = change.state == .done
      try options.show(
        item,
        isDone ? "subscription \(subscription) is \(item.state)" : "under way; `simurgh operator serve` does the rest")
    }
  }

  struct Suspend: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Suspend an active subscription: the network lets its SIM in no more.",
      discussion: "Example: simurgh operator subscription suspend 1")
    @OptionGroup var options: OperatorOptions
    @OptionGroup var waiting: PlacedOrderCommand.Waiting
    @Argument(help: "The subscription's number.") var subscription: Int

    func run() throws { try SubscriptionCommand.change(.suspend, subscription, options, waiting) }
  }

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a suspended subscription go on: the network lets its SIM in again.",
      discussion: "Example: simurgh operator subscription resume 1")
    @OptionGroup var options: OperatorOptions
    @OptionGroup var waiting: PlacedOrderCommand.Waiting
    @Argument(help: "The subscription's number.") var subscription: Int

    func run() throws { try SubscriptionCommand.change(.resume, subscription, options, waiting) }
  }

  struct End: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "End a subscription: its SIM is shut out for good, its number comes to rest, its services end.",
      discussion: """
        Orders of it that no device has answered yet are taken back, and their profiles are free at the SM-DP+ again. A \
        profile on a device stays there until its user deletes it; the network does not let it in.

        Example: simurgh operator subscription end 1
        """)
    @OptionGroup var options: OperatorOptions
    @OptionGroup var waiting: PlacedOrderCommand.Waiting
    @Argument(help: "The subscription's number.") var subscription: Int

    func run() throws { try SubscriptionCommand.change(.end, subscription, options, waiting) }
  }
}
