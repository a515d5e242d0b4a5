import ArgumentParser
import Bytes
import CarrierTerminal
import Foundation
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages

/// `simurgh carrier-terminal model`: the models that the carrier approves.
struct CarrierModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "List the approved models, approve or withdraw one.",
    discussion: "Example: simurgh carrier-terminal model list", subcommands: [List.self, Approve.self, Withdraw.self])

  struct Item: Encodable {
    let name, key, role, from, until: String
    let withdrawn: Bool
  }

  enum Role: String, CaseIterable, ExpressibleByArgument {
    case handset
    case registrationTerminal = "registration-terminal"

    var role: ModelRole { self == .handset ? .handset : .registrationTerminal }
    init(_ role: ModelRole) { self = role == .handset ? .handset : .registrationTerminal }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List them.", discussion: "Example: simurgh carrier-terminal model list --json")
    @OptionGroup var options: CarrierListOptions

    func run() throws {
      try Complaint.reporting {
        let items = try options.desk().models().map {
          Item(
            name: $0.name, key: $0.key.point.hex, role: Role($0.role).rawValue, from: "\($0.from)",
            until: "\($0.until)",
            withdrawn: $0.isWithdrawn)
        }
        try options.show(items, ["NAME", "ROLE", "UNTIL", "KEY", ""]) {
          [$0.name, $0.role, $0.until, $0.key, $0.withdrawn ? "withdrawn" : ""]
        }
      }
    }
  }

  struct Approve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approve a model, or one that was withdrawn again.",
      discussion: "Example: simurgh carrier-terminal model approve \"Model 2\" 04A1…")
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The model's name.") var name: String
    @Argument(help: "Its public key on P-256: 65 bytes in hexadecimal.") var key: String
    @Option(help: "What it is a model of.") var role = Role.handset
    @Option(help: "Days that the approval holds.") var days: Count = 1825

    func run() throws {
      try Complaint.reporting {
        let (key, now) = (try Self.key(key), Instant.now())
        try options.desk().approve(
          model: key, as: role.role, name: name, from: now, to: now + .seconds(86_400 * days.number))
        print("\(name) is approved for \(days.number) days")
      }
    }

    static func key(_ text: String) throws -> PublicKey {
      try Complaint.naming("the key") { try PublicKey(.p256, point: [UInt8](hex: text)) }
    }
  }

  struct Withdraw: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Withdraw a model: it gets no ID any more.",
      discussion: "Example: simurgh carrier-terminal model withdraw 04A1…")
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The model's public key, as the list shows it.") var key: String

    func run() throws {
      try Complaint.reporting {
        let (desk, key) = (try options.desk(), try Approve.key(key))
        guard let model = try desk.models().first(where: { $0.key == key }) else {
          throw Complaint(.noInput, "No model on the list has this key.", remedy: "simurgh carrier-terminal model list")
        }
        try desk.withdraw(model: key)
        print("\(model.name) is withdrawn")
      }
    }
  }
}

/// `simurgh carrier-terminal maker`: the module makers whose modules may get IDs.
struct CarrierMakerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maker", abstract: "List the module makers whose modules may get IDs, enter or remove one.",
    discussion: "Example: simurgh carrier-terminal maker list", subcommands: [List.self, Add.self, Remove.self])

  struct Item: Encodable { let name, key: String }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List them.", discussion: "Example: simurgh carrier-terminal maker list --json")
    @OptionGroup var options: CarrierListOptions

    func run() throws {
      try Complaint.reporting {
        let items = try options.desk().makers().map { Item(name: $0.party.name, key: $0.key.point.hex) }
        try options.show(items, ["NAME", "KEY"]) { [$0.name, $0.key] }
      }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enter one, or give it another key.",
      discussion: "Example: simurgh carrier-terminal maker add maker:acme 04A1…")
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The maker's name, as its certificates have it.") var name: String
    @Argument(help: "Its public key on P-256: 65 bytes in hexadecimal.") var key: String

    func run() throws {
      try Complaint.reporting {
        let party = try Complaint.naming("the name") { try Party(name) }
        try options.desk().add(maker: KnownParty(party, key: CarrierModelCommand.Approve.key(key)))
        print("modules of \(name) may get IDs")
      }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take one off the list: its modules get no ID any more.",
      discussion: "Example: simurgh carrier-terminal maker remove maker:acme")
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The maker's name.") var name: String

    func run() throws {
      try Complaint.reporting {
        guard try options.desk().remove(maker: name) else {
          throw Complaint(.noInput, "There is no module maker \(name) on the list.")
        }
        print("\(name) is off the list")
      }
    }
  }
}
