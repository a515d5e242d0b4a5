import ArgumentParser
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
    @Option(help: "How many, at most.") var limit = 100

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party().customers
        let items = try desk.subscriptions(ofSubscriber: subscriber, after: after, limit: limit)
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

  struct Suspend: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Suspend an active subscription.",
      discussion: "Example: simurgh operator subscription suspend 1")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The subscription's number.") var subscription: Int

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party().customers
        try desk.suspend(subscription, now: .now())
        try options.show(Item(desk.subscription(subscription), desk), "subscription \(subscription) is suspended")
      }
    }
  }

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a suspended subscription go on.",
      discussion: "Example: simurgh operator subscription resume 1")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The subscription's number.") var subscription: Int

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party().customers
        try desk.suspend(subscription, false, now: .now())
        try options.show(Item(desk.subscription(subscription), desk), "subscription \(subscription) goes on")
      }
    }
  }

  struct End: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "End a subscription: its SIM is shut out, its number comes to rest, its services end.",
      discussion: "Example: simurgh operator subscription end 1")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The subscription's number.") var subscription: Int

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        let found = try party.customers.subscription(subscription)
        // First shut out: where this is interrupted between the two, asking again ends it.
        if let iccid = found.iccid, let imsi = found.imsi, found.state != .ended {
          try party.network.retire(OrderDesk.SIM(iccid: iccid, imsi: imsi), now: .now())
        }
        try party.customers.end(subscription, now: .now())
        try options.show(
          Item(party.customers.subscription(subscription), party.customers), "subscription \(subscription) has ended")
      }
    }
  }
}

/// `simurgh operator service`: the catalogue, and the services of subscriptions.
struct ServiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service", abstract: "Define services and what they need; add them to subscriptions.",
    discussion: "Example: simurgh operator service define roaming --needs data",
    subcommands: [Define.self, Add.self, Remove.self, List.self])

  struct Item: Encodable {
    let service, description: String
    let needs: [String]
  }

  struct Define: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a service into the catalogue.",
      discussion: #"Example: simurgh operator service define roaming --description "Use abroad" --needs data"#)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The service's name.") var name: String
    @Option(help: "What it is.") var description = ""
    @Option(help: "A service it needs; may be given several times.") var needs: [String] = []

    func run() throws {
      try Complaint.reporting {
        let service = try ServiceCatalogue.Service(name: name, description: description, needs: Set(needs))
        try options.party().customers.define(service, now: .now())
        try options.show(Item(service: name, description: description, needs: needs.sorted()), "\(name) is defined")
      }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a service to a subscription.",
      discussion: "Example: simurgh operator service add roaming 1 --with-needed")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The service.") var name: String
    @Argument(help: "The subscription's number.") var subscription: Int
    @Flag(help: "Add what it needs before it.") var withNeeded = false

    func run() throws {
      try Complaint.reporting {
        let added = try options.party().customers.add(
          service: name, to: subscription, withNeeded: withNeeded, now: .now())
        try options.show(added, added.isEmpty ? "nothing to add" : "added \(added.joined(separator: ", then "))")
      }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove a service from a subscription.",
      discussion: "Example: simurgh operator service remove data 1 --with-dependents")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The service.") var name: String
    @Argument(help: "The subscription's number.") var subscription: Int
    @Flag(help: "Remove what needs it before it.") var withDependents = false

    func run() throws {
      try Complaint.reporting {
        let removed = try options.party().customers.remove(
          service: name, from: subscription, withDependents: withDependents, now: .now())
        try options.show(
          removed, removed.isEmpty ? "nothing to remove" : "removed \(removed.joined(separator: ", then "))")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the catalogue, or a subscription's services.",
      discussion: "Example: simurgh operator service list --subscription 1")
    @OptionGroup var options: OperatorOptions
    @Option(help: "One subscription's only.") var subscription: Int?

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party().customers
        let catalogue = try desk.catalogue()
        let names = try subscription.map { try desk.services(ofSubscription: $0) } ?? catalogue.services.keys.sorted()
        let items = names.compactMap { catalogue.services[$0] }
          .map { Item(service: $0.name, description: $0.description, needs: $0.needs.sorted()) }
        if options.json { return try Output.json(items) }
        Output.table(
          ["SERVICE", "NEEDS", "DESCRIPTION"],
          items.map { [$0.service, $0.needs.joined(separator: ", "), $0.description] })
      }
    }
  }
}
