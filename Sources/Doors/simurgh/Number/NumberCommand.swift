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
      abstract: "Make a pool, add numbers to it, or show the pools.",
      discussion: """
        With --first a pool gets numbers, and is made where there is none. Without it the pool is shown; all of them where no \
        name is given.

        Example: simurgh number pool mobile --first +4915550000000 --count 1000
        """)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The pool's name.") var name: String?
    @Option(help: "The first number to add, with its country code.") var first: String?
    @Option(help: "How many numbers to add.") var count: Count = 1
    @Option(help: "Seconds that an offer holds, in a new pool; 900 if it is left out.") var offer: Count?
    @Option(help: "Days that a reservation holds, in a new pool; 14 if it is left out.") var reservation: Count?
    @Option(help: "Days that a released number rests, in a new pool; 180 if it is left out.") var quarantine: Count?

    struct Item: Encodable {
      let pool: String
      let numbers: [String: Int]
      let offerSeconds, reservationSeconds, quarantineSeconds: Int64
    }

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party(beginning: first != nil).customers
        if let name { try fill(name, desk) }
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

    /// Gives a pool its numbers, and makes it where there is none.
    private func fill(_ name: String, _ desk: CustomerManagement.Desk) throws {
      let isThere = try desk.pools(now: .now()).contains { $0.pool.name == name }
      guard let first else {
        guard isThere else {
          throw Complaint(
            .noInput, "There is no pool \"\(name)\".",
            remedy: "Make it with its first numbers: simurgh number pool \(name) --first NUMBER --count N")
        }
        return
      }
      guard !isThere || [offer, reservation, quarantine].allSatisfy({ $0 == nil }) else {
        throw Complaint(
          .usage, "The times of the pool \"\(name)\" were set when it was made.",
          remedy: "Leave --offer, --reservation and --quarantine out, or make another pool.")
      }
      let number = try TelephoneNumber(first)
      if !isThere {
        let day = 86_400.0
        try desk.make(
          NumberPool(
            name: name, offer: .seconds(Double(offer?.number ?? 900)),
            reservation: .seconds(day * Double(reservation?.number ?? 14)),
            quarantine: .seconds(day * Double(quarantine?.number ?? 180))), now: .now())
      }
      try desk.add(numbers: count.number, from: number, to: name, now: .now())
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
        let desk = try options.party().customers
        if let pool, try !desk.pools(now: .now()).contains(where: { $0.pool.name == pool }) {
          throw Complaint(.noInput, "There is no pool \"\(pool)\".", remedy: "See them with: simurgh number pool")
        }
        let items = try desk.numbers(of: pool, after: start, limit: limit.number, now: .now()).map(Item.init)
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
