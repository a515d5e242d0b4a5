import APDU
import ArgumentParser
import Bytes
import Foundation
import Identifiers
import Keys
import LPA
import ProfileInterpreter
import SGP22
import Transport
import TransportCard
import UICC

/// `simurgh card`: software cards.
struct CardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "Make and run software eUICCs, GlobalPlatform cards and identity modules.",
    discussion: """
      A card is a directory (DIR/cards/NAME) with everything the card has stored; it survives power cuts at any write. \
      Use it directly with `simurgh lpa`, or serve it to other people's software.

      Example: simurgh card create phone-2 && simurgh card show phone-2
      """, subcommands: [Create.self, Serve.self, Show.self, Register.self, Apps.self, APDUs.self])
}

/// Which card of a site.
struct CardOptions: ParsableArguments {
  @OptionGroup var site: SiteOptions
  @Argument(help: "The card's name, or a directory.") var card = LabNames.card

  func directory() throws -> CardDirectory { try CardDirectory(card, of: site.site) }
}

extension CardCommand {
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a software eUICC, a GlobalPlatform card or an identity module.",
      discussion: """
        The card trusts the issuers of the circle and is certified by each manufacturer whose key is there. The server \
        chooses among them in the order of the card's preference.

        With --global-platform it is a card whose content is managed over SCP03, with an issuer security domain and \
        GlobalPlatform's public test keys; with --issuer-key its keys derive from the issuer's key and its number.

        With --m2m it is an eUICC that an SM-SR manages over the air (GSMA SGP.02), with a bootstrap profile that is \
        enabled: a package in a file, or one of the test network 001-01.

        With --kind it is a module of handset and card registration (EP 0 652 681), as the factories of `simurgh \
        carrier-terminal begin` ship it: handset or terminal, with the carrier's key in it; card, which gets the key at a \
        dealer's; batch, the carrier's module for an off-line dealer's terminal.

        Example: simurgh card create phone-2 --seed 00FF --default-smdp localhost:8443
        Example: simurgh card create meter --m2m --sm-sr-number +491701234567
        Example: simurgh card create module-1 --kind handset
        """)

    @OptionGroup var card: CardOptions
    @Option(help: "Hexadecimal; the same seed makes the same card. Random if it is left out.") var seed: String?
    @Option(help: "The EID, 32 digits; made from the seed if it is left out.") var eid: String?
    @Option(help: "The curve it prefers: p256 or brainpoolP256r1.") var curve: Curve?
    @Option(help: "The default SM-DP+ of the card.") var defaultSmdp: String?
    @Option(help: "The root SM-DS of the card.") var rootSmds = LabNames.smdsAddress
    @Flag(help: "Make a GlobalPlatform card instead of an eUICC.") var globalPlatform = false
    @Option(help: "The number of a GlobalPlatform card; made from the seed if it is left out.") var iccid: String?
    @Option(help: "The name (AID) of its issuer security domain; A000000151000000 if it is left out.") var domain:
      String?
    @Option(help: "The file of the issuer's key, from which the keys of a GlobalPlatform card derive.")
    var issuerKey: String?
    @Flag(name: .customLong("m2m"), help: "Make an eUICC that an SM-SR manages over the air.") var isM2M = false
    @Option(help: "The profile package that an eUICC with --m2m begins with.") var bootstrap: String?
    @Option(name: .customLong("sm-sr-number"), help: "The number that an eUICC with --m2m tells its SM-SR at.")
    var smsrNumber: String?
    @Option(
      help: "Make an identity module: handset, terminal or card; or batch, a carrier's module for off-line batches.")
    var kind: ModuleCardKind?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      guard kind == nil || !globalPlatform && !isM2M && seed == nil && eid == nil && curve == nil && defaultSmdp == nil
      else { throw ValidationError("--kind goes with the card's name alone.") }
      guard isM2M || bootstrap == nil && smsrNumber == nil else {
        throw ValidationError("--bootstrap and --sm-sr-number are for --m2m.")
      }
      guard !isM2M || !globalPlatform && curve == nil && defaultSmdp == nil else {
        throw ValidationError("--global-platform, --curve and --default-smdp are not for --m2m.")
      }
      guard globalPlatform || iccid == nil && domain == nil && issuerKey == nil else {
        throw ValidationError("--iccid, --domain and --issuer-key are for --global-platform.")
      }
      guard !globalPlatform || eid == nil && curve == nil && defaultSmdp == nil else {
        throw ValidationError("--eid, --curve and --default-smdp are for eUICCs.")
      }
    }

    func run() throws {
      if globalPlatform { return try makeManaged() }
      if isM2M { return try makeM2M() }
      if let kind { return try makeModule(kind) }
      try Complaint.reporting {
        let circle = try card.site.site.existingCircle()
        let directory = try card.directory()
        for (option, address) in [("--default-smdp", defaultSmdp), ("--root-smds", rootSmds)] {
          guard let address, FQDN(address) == nil else { continue }
          throw Complaint(.data, "\(option) \(address) is no host name.", remedy: "Write NAME or NAME:PORT.")
        }
        let made = try directory.create(
          seed: try seedBytes(),
          eid: try Complaint.naming("--eid") { try eid.map { try EID($0) } }, curve: curve, circle: circle,
          smdpPlus: defaultSmdp, smds: rootSmds)
        if json { return try Output.json(["eid": made.digits, "directory": directory.path]) }
        print("eUICC \(made) is in \(directory.path)")
      }
    }

    private func makeModule(_ kind: ModuleCardKind) throws {
      try Complaint.reporting {
        let directory = try card.directory()
        try directory.createModule(kind)
        let report = try ModuleReport(directory)
        if json { return try Output.json(["number": report.number ?? report.key, "directory": directory.path]) }
        print("\(kind == .batch ? "carrier's module" : "module \(report.number ?? "")") is in \(directory.path)")
      }
    }

    private func makeManaged() throws {
      try Complaint.reporting {
        let directory = try card.directory()
        let made = try directory.createManaged(
          seed: try seedBytes(), iccid: try Complaint.naming("--iccid") { try iccid.map { try ICCID($0) } },
          domain: try Complaint.naming("--domain") { try domain.map { try AID([UInt8](hex: $0)) } },
          master: try CardDirectory.masterKey(file: issuerKey))
        if json { return try Output.json(["iccid": made.digits, "directory": directory.path]) }
        print("GlobalPlatform card \(made) is in \(directory.path)")
        if issuerKey == nil { Complaint.note("its keys are GlobalPlatform's public test keys: for laboratories alone") }
      }
    }

    private func makeM2M() throws {
      try Complaint.reporting {
        let circle = try card.site.site.existingCircle()
        let directory = try card.directory()
        guard let number = ShortMessageAddress(smsrNumber ?? LabNames.smsrNumber) else {
          throw Complaint(
            .data, "--sm-sr-number is no telephone number.", remedy: "Write it like +491701234567, 20 digits at most.")
        }
        let package = try bootstrap.map { try InputFile.bytes($0) }
        let made: EID
        do {
          made = try directory.createM2M(
            seed: try seedBytes(), eid: try Complaint.naming("--eid") { try eid.map { try EID($0) } }, circle: circle,
            smsr: number, bootstrap: package)
        } catch let error as InterpretationFailure {
          throw Complaint(.data, "The package in \(bootstrap ?? "--bootstrap") is no profile: \(error).")
        }
        if json { return try Output.json(["eid": made.digits, "directory": directory.path]) }
        print("eUICC \(made) is in \(directory.path), for an SM-SR")
      }
    }

    private func seedBytes() throws -> [UInt8] {
      let seed: [UInt8]? = try Complaint.naming("--seed") { try self.seed.map { try [UInt8](hex: $0) } }
      guard seed?.isEmpty != true else {
        throw Complaint(.data, "--seed is empty, as every card's would be.", remedy: "Leave it out for a random one.")
      }
      return seed ?? SystemRandomSource.shared.bytes(32)
    }
  }

  struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a card behind a PC/SC reader (--pcsc), or run a program that speaks lpac's stdio protocol.",
      discussion: """
        With --pcsc the card connects to vpcd, the virtual reader of Debian's vsmartcard-vpcd, and appears to every \
        PC/SC program. With --stdio the program after -- is started with the card on its standard input and output:

          simurgh card serve --stdio -- lpac chip info

        Example: simurgh card serve phone --pcsc --fault lost-answer:12 --log apdu.log
        """)

    @OptionGroup var card: CardOptions
    @Flag(help: "Serve vpcd, the virtual PC/SC reader.") var pcsc = false
    @Flag(help: "Run the program after -- with the card on its standard input and output.") var stdio = false
    @Option(help: "vpcd's host.") var host = "127.0.0.1"
    @Option(help: "vpcd's port; \(VPCDCard.defaultPort) if it is left out.") var port: Port?
    @Option(help: "A fault to inject; see docs/ci-recipe.md. May be given several times.") var fault: [Fault] = []
    @Option(help: "Write every APDU, decoded, to this file; - is standard error.") var log: String?
    @Argument(parsing: .postTerminator, help: "The program and its arguments.") var command: [String] = []

    func validate() throws {
      guard pcsc != stdio else { throw ValidationError("Choose one of --pcsc and --stdio.") }
      guard !stdio || !command.isEmpty else { throw ValidationError("--stdio needs a program after --.") }
    }

    func run() throws {
      try Complaint.reporting {
        let port = port?.number ?? VPCDCard.defaultPort
        let directory = try card.directory()
        let side = try directory.side(faults: fault, sink: try log.map { try LogFile($0) })
        if stdio {
          let status = try LPACStdio(InProcessCard(side)).run(command, environment: ["LPAC_APDU": "stdio"])
          if status != 0 { throw ExitCode(status) }
        } else {
          let served = try VPCDCard(side, host: host, port: port)
          print("card \(directory.path) is in the reader of vpcd on \(host):\(port). Interrupt (Ctrl-C) takes it out.")
          fflush(nil)
          try served.serve()
        }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what a card has stored.", discussion: "Example: simurgh card show phone --json")

    @OptionGroup var card: CardOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let directory = try card.directory()
        if directory.isM2M { return try M2MReport(directory).print(json: json) }
        if directory.isModule { return try ModuleReport(directory).print(json: json) }
        let isdr = try ISDR(InProcessCard(try directory.open()))
        try CardReport(isdr).print(json: json)
      }
    }
  }

  struct APDUs: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "apdu", abstract: "Send commands to a card and show its answers.",
      discussion: """
        Each argument is one command in hexadecimal.

        Example: simurgh card apdu 00A40004022FE2 00B000000A
        """)

    @OptionGroup var site: SiteOptions
    @Option(help: "The card's name, or a directory.") var card = LabNames.card
    @Argument(help: "Commands in hexadecimal.") var commands: [String]

    func run() throws {
      try Complaint.reporting {
        // All of them are read before the card sees one.
        let commands = try commands.map { text in
          do { return try [UInt8](hex: text) } catch { throw Complaint(.data, "\(text) is \(error).") }
        }
        let card = try CardDirectory(card, of: site.site).card()
        print("reset → \(card.powerOn().hex)")
        for command in commands { print("\(command.hex) → \(card.respond(command).hex)") }
      }
    }
  }
}

/// What an eUICC tells about itself and its profiles.
struct CardReport: Encodable {
  struct Profile: Encodable {
    let iccid, state, name, provider, nickname, profileClass: String
  }

  let eid: String
  let version: String
  let defaultSMDPPlus: String?
  let rootSMDS: String
  let trustAnchors: [String]
  let profiles: [Profile]
  let pendingNotifications: Int

  init(_ isdr: ISDR) throws {
    let information = try isdr.information()
    let addresses = try isdr.configuredAddresses()
    eid = try isdr.eid().digits
    version = information.svn.description
    defaultSMDPPlus = addresses.defaultDpAddress
    rootSMDS = addresses.rootDsAddress
    trustAnchors = information.euiccCiPKIdListForVerification.map(\.bytes.hex)
    profiles = try isdr.profiles().map(Profile.init)
    pendingNotifications = try isdr.notifications().count
  }

  func print(json: Bool) throws {
    if json { return try Output.json(self) }
    Output.rows([
      ("EID", eid), ("SGP.22", "v\(version)"), ("Default SM-DP+", defaultSMDPPlus ?? "none"), ("Root SM-DS", rootSMDS),
      ("Notifications", "\(pendingNotifications) waiting"),
    ])
    Output.rows(trustAnchors.enumerated().map { ($0 == 0 ? "Trusts        " : "", "CI \($1)") })
    Swift.print()
    Profile.printTable(profiles)
  }
}

extension CardReport.Profile {
  init(_ info: ProfileInfo) {
    iccid = info.iccid?.digits ?? ""
    state = info.profileState == .enabled ? "enabled" : "disabled"
    (name, provider) = (info.profileName ?? "", info.serviceProviderName ?? "")
    nickname = info.profileNickname ?? ""
    profileClass = "\(info.profileClass ?? .operational)"
  }

  static func printTable(_ profiles: [Self]) {
    guard !profiles.isEmpty else { return Swift.print("No profile is installed.") }
    Output.table(
      ["ICCID", "STATE", "NAME", "PROVIDER", "NICKNAME", "CLASS"],
      profiles.map { [$0.iccid, $0.state, $0.name, $0.provider, $0.nickname, $0.profileClass] })
  }
}
