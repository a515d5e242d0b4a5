import ArgumentParser
import Bytes
import ConnectivityManagement
import Foundation
import Identifiers
import OrderDesk
import SGP02

/// Which eUICC and which profile.
struct TargetArguments: ParsableArguments {
  @Argument(help: "The EID.") var eid: String
  @Argument(help: "The profile's ICCID.") var iccid: String

  func target() throws -> ProfileTarget {
    ProfileTarget(
      eid: try Complaint.naming("the EID") { try EID(eid) },
      iccid: try Complaint.naming("the ICCID") { try ICCID(iccid) })
  }
}

/// How a profile's subscriber is reached.
struct SubscriberOptions: ParsableArguments {
  @Option(help: "The profile's IMSI.") var imsi: String?
  @Option(help: "The telephone number that short messages go to, digits with the country code.") var msisdn: String?

  func address() throws -> SubscriptionAddress {
    if let msisdn {
      guard (1...15).contains(msisdn.utf8.count), msisdn.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw Complaint(.data, "--msisdn is no telephone number.", remedy: "Write digits, country code first.")
      }
    }
    return SubscriptionAddress(
      msisdn: msisdn, imsi: try Complaint.naming("--imsi") { try imsi.map { try IMSI($0) } })
  }
}

/// `simurgh mno provision`: a profile for a device.
struct MNOProvisionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "provision", abstract: "Order a profile for a device: verified, downloaded, enabled.",
    discussion: """
      `mno serve` carries the order out; the profile is in stock at the SM-DP (`simurgh sm-dp stock`). No certificate, a bad \
      or a revoked one: nothing leaves. Where the SIM is in the back office's stock (`simurgh operator stock import`), the \
      authentication centre lets it in from now on. The same order under the same reference is one.

      Example: simurgh mno provision 89049032123451234512345678901235 8988211000000000018 --msisdn 491700000002 --wait 120
      """)

  @OptionGroup var options: MNOOptions
  @OptionGroup var target: TargetArguments
  @OptionGroup var subscriber: SubscriberOptions
  @Option(help: "The order's name; the ICCID if it is left out.") var reference: String?
  @Option(help: "Seconds that the end is waited for; 0 waits for nothing.") var wait = 0

  func validate() throws {
    guard (0...86_400).contains(wait) else { throw ValidationError("--wait is from 0 to 86400 seconds.") }
  }

  struct Item: Encodable {
    let reference, eid, iccid: String
    let act: ActItem?
  }

  func run() throws {
    try Complaint.reporting {
      let (target, address) = (try target.target(), try subscriber.address())
      let party = try options.party(beginning: true)
      guard let manager = party.configuration.managers.first else { return }
      let reference = reference ?? target.iccid.digits
      guard (1...64).contains(reference.utf8.count) else {
        throw Complaint(.data, "--reference has from 1 to 64 characters.")
      }
      let order = ProvisioningOrder(
        target: target, smsr: manager.host, smdp: (party.configuration.smdp.host, party.configuration.smdp.name),
        address: address)
      try party.provisioning.provision(order, reference: reference, now: .now(), random: SystemRandomSource.shared)
      if let sim = try? party.back.customers.sim(target.iccid) {
        try party.back.network.activate(OrderDesk.SIM(iccid: sim.iccid, imsi: sim.imsi), now: .now())
      }
      let isOver = try Patience.wait(wait, reference) {
        try party.provisioning.act(reference).flatMap { $0.state.isOver || wait == 0 ? nil : ActItem($0).text }
      }
      let act = try party.provisioning.act(reference)
      let item = Item(
        reference: reference, eid: target.eid.digits, iccid: target.iccid.digits, act: act.map(ActItem.init))
      try options.show(item, "order \(reference): \(item.act?.text ?? "unknown")")
      guard isOver else {
        throw Complaint(
          .temporary, "Order \(reference) goes on.", remedy: "See how it stands with: simurgh mno status \(reference)")
      }
      if let act, act.state.isOver, act.state != .done {
        throw Complaint(.refused, "Order \(reference) was taken back: \(act.undoCause ?? act.failure ?? "")")
      }
    }
  }
}

/// `simurgh mno status`: orders, and changes of operator.
struct MNOStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how orders and changes of operator stand.",
    discussion: "Example: simurgh mno status --json")

  @OptionGroup var options: MNOOptions
  @Argument(help: "One order or change; the first hundred if it is left out.") var reference: String?

  struct Item: Encodable {
    let kind, reference, eid, iccid: String
    let with: String?
    let act: ActItem?
  }

  func run() throws {
    try Complaint.reporting {
      let party = try options.party()
      let items = try Self.items(party).filter { reference == nil || $0.reference == reference }
      if let reference, items.isEmpty {
        throw Complaint(
          .noInput, "There is no order and no change called \(reference).", remedy: "simurgh mno status lists them.")
      }
      if options.json { return try Output.json(items) }
      if items.isEmpty { return print("There are no orders and no changes of operator.") }
      Output.table(
        ["KIND", "NAME", "EID", "ICCID", "WITH", "STANDS"],
        items.map { [$0.kind, $0.reference, $0.eid, $0.iccid, $0.with ?? "", $0.act?.text ?? "planned"] })
    }
  }

  private static func items(_ party: MNOParty) throws -> [Item] {
    let orders = try party.provisioning.references().map { reference in
      let order = try party.provisioning.order(reference)
      return Item(
        kind: "order", reference: reference, eid: order?.target.eid.digits ?? "",
        iccid: order?.target.iccid.digits ?? "", with: nil,
        act: try party.provisioning.act(reference).map(ActItem.init))
    }
    let arrivals = try party.transfers.arrivals().map { change in
      Item(
        kind: "arrival", reference: change.id, eid: change.eid.digits, iccid: change.donorICCID.digits,
        with: change.donor, act: try party.transfers.act(ofArrival: change.id).map(ActItem.init))
    }
    let departures = try party.transfers.departures().map { change in
      Item(
        kind: "departure", reference: change.change, eid: change.eid.digits, iccid: change.iccid.digits,
        with: change.receiver, act: try party.transfers.act(ofDeparture: change.id).map(ActItem.init))
    }
    return orders + arrivals + departures
  }
}
