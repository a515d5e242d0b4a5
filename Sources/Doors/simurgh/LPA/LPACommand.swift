import ArgumentParser
import Identifiers
import LPA
import SGP22

/// `simurgh lpa`: the device's assistant, on a software card or on a PC/SC reader.
struct LPACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lpa", abstract: "Act as a phone's LPA on a software card or a PC/SC reader.",
    discussion: """
      Without --reader it opens the software card --card of the site. TLS is verified against the circle's issuers, \
      and against nothing else.

      Example: simurgh lpa download 'LPA:1$localhost:8443$CI-1' --yes --enable
      """,
    subcommands: [
      Info.self, List.self, Download.self, Enable.self, Disable.self, Delete.self, Nickname.self, Notifications.self,
      Reset.self, Discover.self, DefaultSMDP.self, Move.self,
    ])
}

extension LPACommand {
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the eUICC: EID, version, addresses, trust anchors.",
      discussion: "Example: simurgh lpa info --reader any")
    @OptionGroup var options: LPAOptions
    @Flag(help: "Print JSON.") var json = false
    func run() throws { try Complaint.reporting { try CardReport(options.isdr()).print(json: json) } }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the profiles.", discussion: "Example: simurgh lpa list --card phone --json")
    @OptionGroup var options: LPAOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let profiles = try options.isdr().profiles().map(CardReport.Profile.init)
        if json { return try Output.json(profiles) }
        CardReport.Profile.printTable(profiles)
      }
    }
  }

  struct Reset: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete profiles and settings (eUICC memory reset).",
      discussion: """
        Without an option it deletes the operational profiles.

        Example: simurgh lpa reset --operational --address
        """)
    @OptionGroup var options: LPAOptions
    @Flag(help: "Delete operational profiles.") var operational = false
    @Flag(help: "Delete test profiles that were downloaded.") var test = false
    @Flag(help: "Forget the default SM-DP+.") var address = false

    func run() throws {
      try Complaint.reporting {
        var bits: [ES10c.EuiccMemoryReset.ResetOption] = []
        if operational || !(test || address) { bits.append(.deleteOperationalProfiles) }
        if test { bits.append(.deleteFieldLoadedTestProfiles) }
        if address { bits.append(.resetDefaultSmdpAddress) }
        print(try options.isdr().reset(NamedBits(bits)) ? "reset" : "nothing to delete")
      }
    }
  }

  struct DefaultSMDP: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "default-smdp", abstract: "Show or set the default SM-DP+; an empty address removes it.",
      discussion: "Example: simurgh lpa default-smdp localhost:8443")
    @OptionGroup var options: LPAOptions
    @Argument(help: "The new address.") var address: String?

    func run() throws {
      try Complaint.reporting {
        if let address, !address.isEmpty, FQDN(address) == nil {
          throw Complaint(
            .data, "\(address) is no host name.", remedy: "Write NAME or NAME:PORT; an empty address removes it.")
        }
        let isdr = try options.isdr()
        if let address { try isdr.setDefaultSMDPPlus(address) }
        print(try isdr.configuredAddresses().defaultDpAddress ?? "none")
      }
    }
  }
}
