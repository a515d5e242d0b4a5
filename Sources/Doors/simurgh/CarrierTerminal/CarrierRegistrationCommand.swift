import ArgumentParser
import Bytes
import CarrierTerminal
import Foundation
import HandsetRegistration
import Identifiers
import SecureMessages

/// `simurgh carrier-terminal registration`: what dealers were permitted.
struct CarrierRegistrationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "registration", abstract: "List the registrations that dealers began, or withdraw one.",
    discussion: "Example: simurgh carrier-terminal registration list", subcommands: [List.self, Withdraw.self])

  struct Item: Encodable { let name, dealer, state, number, module, until: String }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List them, with how far each is.",
      discussion: "Example: simurgh carrier-terminal registration list --json")
    @OptionGroup var options: CarrierListOptions

    func run() throws {
      try Complaint.reporting {
        let items = try options.desk().registrations().map {
          Item(
            name: "\($0.name)", dealer: $0.dealer, state: $0.state, number: $0.number ?? "", module: "\($0.module)",
            until: "\($0.expiry)")
        }
        try options.show(items, ["REGISTRATION", "DEALER", "STATE", "NUMBER", "MODULE", "UNTIL"]) {
          [$0.name, $0.dealer, $0.state, $0.number, $0.module, $0.until]
        }
      }
    }
  }

  struct Withdraw: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "End one: what it held is free again, and an ID on its way is void.",
      discussion: "Example: simurgh carrier-terminal registration withdraw 00112233445566778899AABBCCDDEEFF")
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The registration, as the list shows it.") var name: String

    func run() throws {
      try Complaint.reporting {
        guard let bytes = try? [UInt8](hex: name), let registration = RegistrationName(bytes) else {
          throw Complaint(.data, "\"\(name)\" is no registration: 32 hexadecimal digits are wanted.")
        }
        do { try options.desk().withdraw(registration, now: .now()) } catch RegistrationRefusal.outOfOrder {
          throw Complaint(
            .data, "There is no registration \(name) under way.", remedy: "simurgh carrier-terminal registration list")
        }
        print("registration \(name) is withdrawn")
      }
    }
  }
}
