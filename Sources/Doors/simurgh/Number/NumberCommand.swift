import ArgumentParser
import CustomerManagement
import Foundation
import Identifiers

/// `simurgh number`: telephone numbers and whose they are.
struct NumberCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "number", abstract: "Keep pools of telephone numbers; offer, reserve and release them.",
    discussion: """
      A number is free, offered to an applicant, reserved, in use by a subscription, or quarantined after that. \
      Offers, reservations and quarantines end by themselves at the pool's times. No number ever has two holders.

      Example: simurgh number pool mobile --first +4915550000000 --count 1000
      """,
    subcommands: [Pool.self, Offer.self, Reserve.self, Refuse.self, Release.self, List.self])

  struct Item: Encodable {
    let number, pool, state: String
    let subscriber, subscription: Int?
    let until: String?

    init(_ record: NumberRecord) {
      (number, pool, state) = (record.number.description, record.pool, record.state.description)
      (subscriber, subscription, until) = (record.subscriber, record.subscription, record.until?.description)
    }
  }

  struct Pool: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a pool, add numbers to it, or list the pools where no name is given.",
      discussion: "Example: simurgh number pool mobile --first +4915550000000 --count 1000")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The pool's name; it is made where there is none.") var name: String?
    @Option(help: "The first number to add, with its country code.") var first: String?
    @Option(help: "How many numbers to add.") var count: Count = 1
    @Option(help: "Seconds that an offer holds, in a new pool.") var offer: Count = 900
    @Option(help: "Days that a reservation holds, in a new pool.") var reservation: Count = 14
    @Option(help: "Days that a released number rests, in a new pool.") var quarantine: Count = 180

    struct Item: Encodable {
      let pool: String
      let numbers: [String: Int]
      let offerSeconds, reservationSeconds, quarantineSeconds: Int64
    }

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party(beginning: name != nil).customers
        if let name {
          if try !desk.pools(now: .now()).contains(where: { $0.pool.name == name }) {
            let day = 86_400.0
            try desk.make(
              NumberPool(
                name: name, offer: .seconds(Double(offer.number)),
                reservation: .seconds(day * Double(reservation.number)),
                quarantine: .seconds(day * Double(quarantine.number))), now: .now())
          }
          if let first { try desk.add(numbers: count.number, from: TelephoneNumber(first), to: name, now: .now()) }
        }
        let pools = try desk.pools(now: .now()).filter { name == nil || $0.pool.name == name }
        if options.json {
          return try Output.json(
            pools.map { stock in
              Item(
                pool: stock.pool.name,
                numbers: Dictionary(uniqueKeysWithValues: stock.counts.map { ($0.key.description, $0.value) }),
                offerSeconds: stock.pool.offer.components.seconds,
                reservationSeconds: stock.pool.reservation.components.seconds,
                quarantineSeconds: stock.pool.quarantine.components.seconds)
            })
        }
        Output.table(
          ["POOL"] + NumberRecord.State.allCases.map { $0.description.uppercased() },
          pools.map { stock in
            [stock.pool.name] + NumberRecord.State.allCases.map { "\(stock.counts[$0] ?? 0)" }
          })
      }
    }
  }

  struct Offer: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Offer free numbers to an applicant, none that the applicant refused before.",
      discussion: "Example: simurgh number offer mobile 1 --count 3")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The pool.") var pool: String
    @Argument(help: "The subscriber's number.") var subscriber: Int
    @Option(help: "How many.") var count: Count = 1

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party().customers
        let now = Instant.now()
        let items = try desk.offer(count.number, of: pool, to: subscriber, now: now)
          .map { Item(try desk.number($0, now: now)) }
        try options.show(items, items.map { "\($0.number)  until \($0.until ?? "")" }.joined(separator: "\n"))
      }
    }
  }

  /// The one number that a command changes.
  struct Choice: ParsableArguments {
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The number, with its country code.") var number: String

    /// Changes it and shows what has become of it.
    func change(
      by deed: (CustomerManagement.Desk, TelephoneNumber) throws -> Void, saying outcome: (Item) -> String
    ) throws {
      try Complaint.reporting {
        let desk = try options.party().customers
        let number = try TelephoneNumber(number)
        try deed(desk, number)
        let item = Item(try desk.number(number, now: .now()))
        try options.show(item, "\(item.number) \(outcome(item))")
      }
    }
  }

  struct Reserve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Reserve a number that is offered to the applicant, or free.",
      discussion: "Example: simurgh number reserve +4915550000001 1")
    @OptionGroup var choice: Choice
    @Argument(help: "The subscriber's number.") var subscriber: Int

    func run() throws {
      try choice.change {
        try $0.reserve($1, for: subscriber, now: .now())
      } saying: {
        "is reserved for subscriber \(subscriber) until \($0.until ?? "")"
      }
    }
  }

  struct Refuse: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The applicant does not want a number: it is free for others.",
      discussion: "Example: simurgh number refuse +4915550000002 1")
    @OptionGroup var choice: Choice
    @Argument(help: "The subscriber's number.") var subscriber: Int

    func run() throws {
      try choice.change {
        try $0.refuse($1, by: subscriber, now: .now())
      } saying: { _ in
        "is free again"
      }
    }
  }

  struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a number back: free at once if it was not in use, else after its quarantine.",
      discussion: "Example: simurgh number release +4915550000001")
    @OptionGroup var choice: Choice

    func run() throws {
      try choice.change {
        try $0.release($1, now: .now())
      } saying: {
        "is \($0.state)" + ($0.until.map { " until \($0)" } ?? "")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List numbers.",
      discussion: "Example: simurgh number list --pool mobile")
    @OptionGroup var options: OperatorOptions
    @Option(help: "One pool's only.") var pool: String?
    @Option(help: "Begin after this number.") var after = ""
    @Option(help: "How many, at most.") var limit: Count = 100

    func run() throws {
      try Complaint.reporting {
        let start = after.hasPrefix("+") ? String(after.dropFirst()) : after
        let items = try options.party().customers.numbers(of: pool, after: start, limit: limit.number, now: .now())
          .map(Item.init)
        if options.json { return try Output.json(items) }
        Output.table(
          ["NUMBER", "POOL", "STATE", "SUBSCRIBER", "SUBSCRIPTION", "UNTIL"],
          items.map {
            [
              $0.number, $0.pool, $0.state, $0.subscriber.map(String.init) ?? "",
              $0.subscription.map(String.init) ?? "", $0.until ?? "",
            ]
          })
      }
    }
  }
}
