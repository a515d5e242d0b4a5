import ArgumentParser
import CustomerManagement
import Foundation
import Identifiers

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
        try options.party(beginning: true).customers.define(service, now: .now())
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
