import ArgumentParser
import AuC
import Bytes
import Foundation
import Identifiers
import Keys
import NetworkAccess
import Store

extension AuCCommand {
  /// `simurgh auc suci-key`: the home network's key pairs for concealed identities.
  struct SUCIKey: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "suci-key", abstract: "The key pairs under which cards conceal identities (5G SUCI).",
      discussion: """
        A private key stays here, wrapped under the master key. The public one goes onto cards: `show` prints it as an \
        order's column `suci` takes it (docs/smdp-plus.md).

        Example: simurgh auc suci-key create 27 --profile B
        """,
      subcommands: [Create.self, List.self, ShowKey.self, Reveal.self, RemoveKey.self])

    struct Create: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Make a key pair under an identifier.",
        discussion: "Example: simurgh auc suci-key create 27 --profile B")

      @OptionGroup var site: StoredSiteOptions
      @Argument(help: "The home network public key identifier, 0 to 255.") var identifier: UInt8
      @Option(help: "A (X25519) or B (P-256).") var profile = "A"

      func run() throws {
        try Complaint.reporting {
          guard let profile = ["A": ECIES.Profile.a, "B": .b][profile.uppercased()] else {
            throw ValidationError("--profile is A or B.")
          }
          let key = try site.site.authenticationCentre(beginning: true).makeHomeNetworkKey(
            profile, identifier: identifier, now: .now(), random: SystemRandomSource.shared)
          print("home network key \(key.identifier) is made; for orders: \(key.orderColumn)")
        }
      }
    }

    struct List: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "List the key pairs.", discussion: "Example: simurgh auc suci-key list --json")

      @OptionGroup var site: StoredSiteOptions
      @Flag(help: "Print JSON.") var json = false

      func run() throws {
        try Complaint.reporting {
          let keys = try site.site.authenticationCentre().homeNetworkKeys()
          if json { return print("[\(keys.map(SUCIKey.json).joined(separator: ",\n"))]") }
          Output.table(
            ["IDENTIFIER", "PROFILE", "PUBLIC KEY"],
            keys.map { [String($0.identifier), $0.profile == .a ? "A" : "B", $0.publicKey.hex] })
        }
      }
    }

    struct ShowKey: ParsableCommand {
      static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a public key as an order's column `suci` takes it.",
        discussion: "Example: simurgh auc suci-key show 27")

      @OptionGroup var site: StoredSiteOptions
      @Argument(help: "Its identifier.") var identifier: UInt8
      @Flag(help: "Print JSON.") var json = false

      func run() throws {
        try Complaint.reporting {
          let keys = try site.site.authenticationCentre().homeNetworkKeys()
          guard let key = keys.first(where: { $0.identifier == identifier }) else {
            throw AuCError.unknownHomeNetworkKey(identifier)
          }
          print(json ? SUCIKey.json(key) : key.orderColumn)
        }
      }
    }

    struct Reveal: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Reveal the IMSI that a SUCI conceals.",
        discussion: """
          The SUCI is as a mobile sends it (TS 24.501 §9.11.3.4 from octet 4 on), in hexadecimal digits.

          Example: simurgh auc suci-key reveal 0100F110F0FF021B…
          """)

      @OptionGroup var site: StoredSiteOptions
      @Argument(help: "The SUCI.") var suci: String

      func run() throws {
        try Complaint.reporting {
          guard let bytes = try? [UInt8](hex: suci), let suci = SUCI(bytes: bytes) else {
            throw ValidationError("This is no SUCI of the format IMSI.")
          }
          do { print(try site.site.authenticationCentre().reveal(suci)) } catch let error as SIDF.Refusal {
            throw Complaint(.data, "The identity is not revealed: \(error)")
          }
        }
      }
    }

    struct RemoveKey: ParsableCommand {
      static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a key pair: what cards conceal with it is revealed no more.",
        discussion: "Example: simurgh auc suci-key remove 27")

      @OptionGroup var site: StoredSiteOptions
      @Argument(help: "Its identifier.") var identifier: UInt8

      func run() throws {
        try Complaint.reporting {
          try site.site.authenticationCentre().removeHomeNetworkKey(
            identifier, now: .now(), random: SystemRandomSource.shared)
          print("home network key \(identifier) is forgotten")
        }
      }
    }

    fileprivate static func json(_ key: HomeNetworkKeySummary) -> String {
      """
      {"identifier":\(key.identifier),"profile":"\(key.profile == .a ? "A" : "B")","publicKey":"\(key.publicKey.hex)",\
      "suci":"\(key.orderColumn)"}
      """
    }
  }
}
