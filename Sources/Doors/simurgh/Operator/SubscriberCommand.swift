import ArgumentParser
import CustomerManagement
import Foundation
import Identifiers
import Store

/// `simurgh operator subscriber`: who the subscribers are.
struct SubscriberCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subscriber", abstract: "Enter subscribers, check their credit, read their history.",
    discussion: #"Example: simurgh operator subscriber add "Ada Example""#,
    subcommands: [Add.self, Credit.self, List.self, History.self])

  struct Item: Encodable {
    let subscriber: Int
    let name, address, state: String
    let birthDate, credit, creditAt: String?

    init(_ subscriber: Subscriber) {
      self.subscriber = subscriber.id
      (name, address) = (subscriber.particulars.name, subscriber.particulars.address)
      (birthDate, state) = (subscriber.particulars.birthDate, subscriber.state.description)
      (credit, creditAt) = (subscriber.credit?.description, subscriber.creditAt?.description)
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enter somebody who applies; prints the subscriber's number.",
      discussion: #"Example: simurgh operator subscriber add "Ada Example" --address "Street 1, Town""#)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The name.") var name: String
    @Option(help: "The address.") var address = ""
    @Option(help: "The date of birth, like 1980-01-31.") var birthDate: String?

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party(beginning: true).customers
        let id = try desk.add(
          Subscriber.Particulars(name: name, address: address, birthDate: birthDate), now: .now())
        try options.show(Item(desk.subscriber(id)), "subscriber \(id)")
      }
    }
  }

  struct Credit: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ask whether a subscriber may have credit.",
      discussion: """
        Asks the service of operator.yaml, or the local rules where there is none. Approved lets a subscription begin; \
        refused does not; unknown and no answer ask for somebody's judgement, or for another try. Ends with status 76 \
        unless it is approved.

        Example: simurgh operator subscriber credit 1
        """)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The subscriber's number.") var subscriber: Int
    @Option(help: "How much credit is wanted, in cents.") var amount: Count = 50_00

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        let answer = try party.customers.checkCredit(
          ofSubscriber: subscriber, amount: amount.number, by: party.creditCheck(), now: .now())
        try options.show(Item(party.customers.subscriber(subscriber)), "credit \(answer)")
        guard case .approved = answer else { throw ExitCode(Complaint.Kind.refused.rawValue) }
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List subscribers.",
      discussion: "Example: simurgh operator subscriber list --limit 20")
    @OptionGroup var options: OperatorOptions
    @Option(help: "Begin after this number.") var after = 0
    @Option(help: "How many, at most.") var limit: Count = 100

    func run() throws {
      try Complaint.reporting {
        let items = try options.party().customers.subscribers(after: after, limit: limit.number).map(Item.init)
        if options.json { return try Output.json(items) }
        Output.table(
          ["SUBSCRIBER", "NAME", "STATE", "CREDIT"],
          items.map { ["\($0.subscriber)", $0.name, $0.state, $0.credit ?? "not asked for"] })
      }
    }
  }

  struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what happened to a subscriber, oldest first; the record is only ever added to.",
      discussion: """
        Credit, numbers, subscriptions, services and SIMs, and every step of the subscriptions' orders.

        Example: simurgh operator subscriber history 1
        """)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The subscriber's number.") var subscriber: Int

    func run() throws {
      try Complaint.reporting {
        let party = try options.party()
        var entries = try party.customers.history(ofSubscriber: subscriber)
        for subscription in try party.customers.subscriptions(ofSubscriber: subscriber) {
          entries += try party.orders.history(ofSubscription: subscription.id)
        }
        try HistoryLine.show(entries.sorted { $0.number < $1.number }, json: options.json)
      }
    }
  }
}

/// A line of a history.
struct HistoryLine: Encodable {
  let at, party, what, text: String

  init(_ entry: EventRecord.Entry) {
    (at, party, what) = (entry.event.at.description, entry.event.party, entry.event.name)
    if case .text(let text) = entry.event.body { self.text = text } else { text = "\(entry.length) bytes" }
  }

  static func show(_ entries: [EventRecord.Entry], json: Bool) throws {
    let lines = entries.map(HistoryLine.init)
    if json { return try Output.json(lines) }
    Output.table(["TIME", "BY", "WHAT", ""], lines.map { [$0.at, $0.party, $0.what, $0.text] })
  }
}
