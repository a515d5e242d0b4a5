import ArgumentParser
import Bytes
import ConnectivityManagement
import Foundation
import Identifiers
import Store
import SubscriberTransfer
import TLV

/// `simurgh mno change`: changes of operator.
struct MNOChangeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "change", abstract: "Take in a subscriber of another operator with the device (E3).",
    discussion: """
      Both operators' `mno serve` carry it out: the eUICC is verified, the donor's contract asked, the profile downloaded and \
      enabled, the donor's one disabled or deleted by its rules, and both look at the eUICC in the end. Until the new profile \
      is enabled everything can be taken back.

      Example: simurgh mno change status
      """, subcommands: [Start.self, Status.self])

  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Begin a change, with the profile that the device shall have.",
      discussion: """
        The donor is one of the peers of mno.yaml; the new profile is in stock here (`simurgh operator stock import`) and at \
        the SM-DP (`simurgh sm-dp stock`). With --moves-number the subscriber's number comes along.

        Example: simurgh mno change start c-1 89049032123451234512345678901235 8988211000000000026 --from mno-1 \
        --donor-iccid 8988211000000000018 --subscription 1 --msisdn 491700000003
        """)
    @OptionGroup var options: MNOOptions
    @Argument(help: "What both operators call the change.") var name: String
    @OptionGroup var target: TargetArguments
    @OptionGroup var subscriber: SubscriberOptions
    @Option(help: "The donor, by its name in mno.yaml.") var from: String
    @Option(help: "The donor's profile on the eUICC.") var donorIccid: String
    @Option(help: "The subscription here, as `simurgh operator subscription` has it.") var subscription: Int
    @Option(help: "The number that comes with the subscriber.") var movesNumber: String?
    @Option(help: "The object identifier of the SM-SR that shall manage the eUICC; left out, the one that does.")
    var manager: String?
    @Option(help: "Seconds that the end is waited for; 0 waits for nothing.") var wait = 0

    func validate() throws {
      guard (0...86_400).contains(wait) else { throw ValidationError("--wait is from 0 to 86400 seconds.") }
    }

    func run() throws {
      try Complaint.reporting {
        let (target, address) = (try target.target(), try subscriber.address())
        let donorICCID = try Complaint.naming("--donor-iccid") { try ICCID(donorIccid) }
        let manager = try manager.map { try KnownServer(oid: $0, host: "localhost").identifier() }
        let party = try options.party()
        let configuration = party.configuration
        guard configuration.peers.contains(where: { $0.name == from }) else {
          throw Complaint(
            .configuration, "mno.yaml has no operator \"\(from)\" among its peers.",
            remedy: "Enter it with its certificate and host.")
        }
        _ = try party.back.customers.sim(target.iccid)
        let host = configuration.managers.first { $0.oid == manager?.description } ?? configuration.managers.first
        guard let host, manager == nil || host.oid == manager?.description else {
          throw Complaint(.configuration, "mno.yaml has no SM-SR \(self.manager ?? "") among its managers.")
        }
        let order = ProvisioningOrder(
          target: target, smsr: host.host, smdp: (configuration.smdp.host, configuration.smdp.name), address: address,
          enables: false)
        try party.provisioning.plan(order, reference: name, now: .now(), random: SystemRandomSource.shared)
        do {
          try party.transfers.beginChange(
            name, of: target.eid, from: from, donorICCID, msisdn: movesNumber, manager: manager,
            subscription: subscription, now: .now())
        } catch let refused as Refused { throw Complaint(.refused, "\(refused)") }
        let isOver = try Patience.wait(wait, name) {
          try party.transfers.act(ofArrival: name).flatMap { $0.state.isOver || wait == 0 ? nil : ActItem($0).text }
        }
        try MNOChangeCommand.report(name, party, options)
        guard isOver else {
          throw Complaint(
            .temporary, "Change \(name) goes on.", remedy: "See how it stands with: simurgh mno change status \(name)")
        }
        if let act = try party.transfers.act(ofArrival: name), act.state.isOver, act.state != .done {
          throw Complaint(.refused, "Change \(name) was taken back: \(act.undoCause ?? "")")
        }
      }
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show how a change stands, on the side of the operator that takes in.",
      discussion: """
        `simurgh mno status` lists all changes, on either side.

        Example: simurgh mno change status c-1 --json
        """)
    @OptionGroup var options: MNOOptions
    @Argument(help: "What both operators call it.") var name: String

    func run() throws {
      try Complaint.reporting { try MNOChangeCommand.report(name, options.party(), options) }
    }
  }

  struct Item: Encodable {
    let change, eid, donor, donorIccid: String
    let iccid, msisdn, takenBack: String?
    let act: ActItem?
  }

  private static func report(_ name: String, _ party: MNOParty, _ options: MNOOptions) throws {
    guard let change = try party.transfers.arrival(name) else {
      throw Complaint(.noInput, "There is no change called \(name).", remedy: "simurgh mno status lists them.")
    }
    let item = Item(
      change: change.id, eid: change.eid.digits, donor: change.donor, donorIccid: change.donorICCID.digits,
      iccid: change.iccid?.digits, msisdn: change.msisdn, takenBack: change.reason,
      act: try party.transfers.act(ofArrival: name).map(ActItem.init))
    try options.show(item, "change \(name): \(item.act?.text ?? "unknown")")
  }
}
