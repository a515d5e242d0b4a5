import ArgumentParser
import Bytes
import CircleFiles
import Foundation
import Identifiers
import LPA
import SGP22
import Transport
import TransportCard
import TransportHTTP

/// `simurgh lpa`: the device's assistant, on a software card or on a PC/SC reader.
struct LPACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lpa", abstract: "Act as a phone's LPA on a software card or a PC/SC reader.",
    discussion: """
      Without --reader it opens the software card --card of the site. TLS is verified against the circle's issuers, \
      and against nothing else.
      """,
    subcommands: [
      Info.self, List.self, Download.self, Enable.self, Disable.self, Delete.self, Nickname.self, Notifications.self,
      Reset.self, Discover.self, DefaultSMDP.self,
    ])
}

/// Which card, and how to reach servers.
struct LPAOptions: ParsableArguments {
  @OptionGroup var site: SiteOptions
  @Option(help: "The software card: a name or a directory.") var card = LabNames.card
  @Option(help: "A PC/SC reader instead: its name or a part of it; \"any\" for the first with a card.")
  var reader: String?
  @Option(help: "Write every APDU and HTTP message, decoded, to this file; - is standard error.") var log: String?
  @Option(help: "The device's IMEI.") var imei = "356938035643809"
  @Option(help: "Where a server is that no name service knows: NAME=HOST:PORT. May be given several times.")
  var place: [String] = []

  /// The card's link, recorded if a log is wanted.
  func link(_ sink: LogFile?) throws -> any CardLink {
    let link: any CardLink =
      if let reader { try PCSC.connect(reader == "any" ? nil : reader) } else {
        InProcessCard(try CardDirectory(card, of: site.site).open())
      }
    _ = try link.reset()
    guard let sink else { return link }
    return CardRecorder(link, sink: sink, names: MessageNames.all)
  }

  /// The ISD-R on the card.
  func isdr() throws -> ISDR { try ISDR(link(try log.map { try LogFile($0) })) }

  /// The whole LPA.
  func client(_ person: any Person) throws -> Client {
    let sink = try log.map { try LogFile($0) }
    let circle = try site.site.existingCircle()
    var configuration = HTTPSClient.Configuration(
      roots: try circle.entries(.certificateIssuer).map(\.certificate.encoded))
    for item in place {
      let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw Complaint(.configuration, "--place \(item) is not NAME=HOST:PORT.") }
      configuration.places[parts[0]] = parts[1]
    }
    var servers: any ServerLink = try HTTPSClient(configuration)
    if let sink { servers = ServerRecorder(servers, sink: sink, names: MessageNames.all) }
    let device: DeviceInfo
    do {
      let imei = try IMEI(imei)
      device = DeviceInfo(
        tac: imei.tac,
        deviceCapabilities: DeviceCapabilities([
          .gsm: VersionType(15, 0, 0), .utran: VersionType(15, 0, 0), .eutran: VersionType(15, 0, 0),
        ]), imei: imei.bytes)
    } catch { throw Complaint(.data, "--imei is wrong. \(error)") }
    return Client(isdr: try ISDR(link(sink)), servers: servers, person: person, device: device) { pause in
      Thread.sleep(forTimeInterval: pause / .seconds(1))
    }
  }
}

/// A profile by its ICCID, or by the AID of its ISD-P.
struct ProfileName: ExpressibleByArgument {
  let identifier: ProfileIdentifier

  init?(argument: String) {
    if let iccid = try? ICCID(argument) {
      identifier = .iccid(iccid)
    } else if let bytes = try? [UInt8](hex: argument), let aid = try? AID(bytes) {
      identifier = .isdpAid(aid)
    } else {
      return nil
    }
  }
}

extension LPACommand {
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the eUICC: EID, version, addresses, trust anchors.")
    @OptionGroup var options: LPAOptions
    @Flag(help: "Print JSON.") var json = false
    func run() throws { try Complaint.reporting { try CardReport(options.isdr()).print(json: json) } }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the profiles.")
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

  struct Enable: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Enable a profile; the one enabled before is disabled.")
    @OptionGroup var options: LPAOptions
    @Argument(help: "The ICCID, or the ISD-P's AID.") var profile: ProfileName

    func run() throws {
      try Complaint.reporting {
        try options.isdr().enable(profile.identifier)
        print("enabled")
      }
    }
  }

  struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Disable a profile.")
    @OptionGroup var options: LPAOptions
    @Argument(help: "The ICCID, or the ISD-P's AID.") var profile: ProfileName

    func run() throws {
      try Complaint.reporting {
        try options.isdr().disable(profile.identifier)
        print("disabled")
      }
    }
  }

  struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Delete a disabled profile, for good.")
    @OptionGroup var options: LPAOptions
    @Argument(help: "The ICCID, or the ISD-P's AID.") var profile: ProfileName

    func run() throws {
      try Complaint.reporting {
        try options.isdr().delete(profile.identifier)
        print("deleted")
      }
    }
  }

  struct Nickname: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give a profile your own name; an empty one removes it.")
    @OptionGroup var options: LPAOptions
    @Argument(help: "The ICCID.") var iccid: String
    @Argument(help: "The name, at most 64 bytes.") var name: String

    func run() throws {
      try Complaint.reporting {
        try options.isdr().setNickname(name, of: ICCID(iccid))
        print("named")
      }
    }
  }

  struct Reset: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete profiles and settings (eUICC memory reset).",
      discussion: "Without an option it deletes the operational profiles.")
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
      commandName: "default-smdp", abstract: "Show or set the default SM-DP+; an empty address removes it.")
    @OptionGroup var options: LPAOptions
    @Argument(help: "The new address.") var address: String?

    func run() throws {
      try Complaint.reporting {
        let isdr = try options.isdr()
        if let address { try isdr.setDefaultSMDPPlus(address) }
        print(try isdr.configuredAddresses().defaultDpAddress ?? "none")
      }
    }
  }
}
