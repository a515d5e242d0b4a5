import ArgumentParser
import Foundation
import Identifiers
import OperatorChange
import SubscriberTransfer

/// `simurgh mno contract`: what the policy control function goes by.
struct MNOContractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contract", abstract: "Enter or show by which rules a subscriber may go to another operator.",
    discussion: """
      Without options the contract is shown. A profile without a contract is nobody's to give away: a request for it is \
      refused. What cannot be changed counts first: a refusal, then the day until which it is locked, then the consent.

      Example: simurgh mno contract 8988211000000000018 --subscription 1 --locked-until 2027-01-31
      """)

  enum Consent: String, CaseIterable, ExpressibleByArgument {
    case notNeeded = "not-needed"
    case wanted, given

    var stored: ProfileContract.Consent {
      switch self {
      case .notNeeded: .notNeeded
      case .wanted: .wanted
      case .given: .given
      }
    }
  }

  @OptionGroup var options: MNOOptions
  @Argument(help: "The profile's ICCID.") var iccid: String
  @Option(help: "The subscription, as `simurgh operator subscription` has it; enters the contract.")
  var subscription: Int?
  @Option(help: "The subscription's number, which may go along.") var msisdn: String?
  @Option(help: "The first day on which the subscriber may go: YYYY-MM-DD.") var lockedUntil: String?
  @Option(help: "The subscriber's consent: not-needed, wanted or given.") var consent = Consent.notNeeded
  @Option(help: "Why the subscriber may not go at all.") var refusal: String?

  struct Item: Encodable {
    let iccid: String
    let subscription: Int
    let msisdn, lockedUntil, refusal: String?
    let consent, decision: String
  }

  func validate() throws {
    guard subscription != nil || msisdn == nil && lockedUntil == nil && refusal == nil && consent == .notNeeded else {
      throw ValidationError("A contract is entered with --subscription.")
    }
  }

  func run() throws {
    try Complaint.reporting {
      let iccid = try Complaint.naming("the ICCID") { try ICCID(self.iccid) }
      let day = try lockedUntil.map { text in
        guard let day = try? Date(text, strategy: .iso8601.year().month().day()) else {
          throw Complaint(.data, "--locked-until \(text) is no day.", remedy: "Write it like 2027-01-31.")
        }
        return Instant(seconds: Int64(day.timeIntervalSince1970))
      }
      let party = try options.party(beginning: subscription != nil)
      if let subscription {
        try party.transfers.setContract(
          ProfileContract(
            subscription: subscription, msisdn: msisdn, lockedUntil: day, consent: consent.stored, refusal: refusal),
          for: iccid)
      }
      guard let contract = try party.transfers.contract(of: iccid) else {
        throw Complaint(.noInput, "\(iccid) has no contract.", remedy: "Enter one with --subscription.")
      }
      let item = Item(
        iccid: iccid.digits, subscription: contract.subscription, msisdn: contract.msisdn,
        lockedUntil: contract.lockedUntil?.description, refusal: contract.refusal,
        consent: Consent.allCases.first { $0.stored == contract.consent }?.rawValue ?? "",
        decision: Self.said(contract.decision(at: .now())))
      try options.show(item, "\(iccid), subscription \(contract.subscription): \(item.decision)")
    }
  }

  private static func said(_ decision: ChangeAnswer.Decision) -> String {
    switch decision {
    case .allowed: "may go"
    case .lockedUntil(let day): "locked until \(day)"
    case .consentWanted: "must consent first"
    case .refused(let reason): "may not go: \(reason)"
    }
  }
}
