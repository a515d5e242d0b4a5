import ArgumentParser
import AuC
import Bytes
import EUICC
import Foundation
import Identifiers
import Keys
import OrderDesk
import SGP02
import SMDPPlus
import SMSR
import SecureElement
import Store
import World

extension AuCCommand {
  /// `simurgh auc rotate`: another master key for everything that the site keeps sealed.
  struct Rotate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give the whole site another master key, while everything goes on running.",
      discussion: """
        A new key is put before the former one in DIR/master.key; programs that run take it up by themselves. Then all that \
        is sealed comes under it: subscribers' and home network keys, orders' personal data, ready-made packages and \
        confirmation codes, the keys of a payment scheme, of a carrier's terminal, of SM-SR and SM-DP, software cards and handsets. The \
        former key is taken away once nothing needs it. Cut off anywhere, run it again.

        Where SIMURGH_MASTER_KEYS holds the keys, put the new one before the former one there, for every program, run this, \
        and take the former one away.

        Example: simurgh auc rotate
        """)

    @OptionGroup var site: StoredSiteOptions

    func run() throws {
      try Complaint.reporting {
        let site = site.site
        let isInFile = ProcessInfo.processInfo.environment[KeyVault.environmentVariable] == nil
        _ = try site.existingVault()
        do {
          if isInFile { try KeyVault.beginRotation(file: site.masterKeyFile, random: SystemRandomSource.shared) }
        } catch let error as KeyError { throw Complaint(.configuration, "The master key cannot be rotated: \(error)") }
        let rotation = Rotation(site: site, vault: try site.existingVault())
        try rotation.run()
        // What a running program sealed under the former key just before it took up the new one is committed by now.
        Thread.sleep(forTimeInterval: 1)
        try rotation.run()
        let busy = try rotation.rewrapCards()
        guard busy.isEmpty else {
          throw Complaint(
            .unavailable, "Other programs use \(busy.joined(separator: ", ")); the former master key stays.",
            remedy: "End them, and run it again: simurgh auc rotate --dir \(site.directory)")
        }
        do { if isInFile { try KeyVault.endRotation(file: site.masterKeyFile) } } catch let error as KeyError {
          throw Complaint(.configuration, "The former master key cannot be taken away: \(error)")
        }
        print(
          "every subscriber's keys are under the current master key, and all else that \(site.directory) keeps sealed")
      }
    }
  }
}

/// Brings all that a site keeps sealed under the current master key; it may be repeated, and each part by itself.
private struct Rotation {
  let site: Site
  let vault: KeyVault

  /// Everything in the stores.
  func run() throws {
    let random = SystemRandomSource.shared
    try rewrap(site.authenticationCentre())
    let orders = try site.orderStore()
    try orders.migrate([EventRecord.schema, OrderBook.schema])
    try OrderBook.rewrap(vault, random: random, in: orders)
    try PaymentSite(site: site).rewrapKeys(vault)
    try AgreementSite(site: site).rewrap(vault)
    let configured = try OperatorConfiguration.read(site.operatorConfigurationFile).store
    let desk = try OrderDesk.Desk(store: try site.store(configured), vault: vault)
    var order: String?
    repeat { order = try desk.rewrap(after: order ?? "", random: random) } while order != nil
    try rewrapRemoteProvisioning()
    let registration = RegistrationSite(site: site)
    guard registration.exists else { return }
    try registration.rewrapKeys(vault)
    let carrier = try CarrierParty(site)
    try carrier.desk.rewrap(random: random)
    try rewrap(carrier.centre)
  }

  /// What SM-SR and SM-DP keep: management keys, packages, key sets, and the keys of the certificates that eUICCs are shown.
  private func rewrapRemoteProvisioning() throws {
    for role in [PartyCertificate.Role.smsr, .smdp] { try CardCertificate(site: site, role: role).rewrap(vault) }
    let manager = try site.store(SMSRConfiguration.read(site.smsrConfigurationFile).store)
    try SMSR.Desk.migrate(manager)
    var eid: String?
    repeat {
      eid = try SMSR.Desk.rewrap(after: eid ?? "", vault: vault, random: SystemRandomSource.shared, in: manager)
    } while eid != nil
    guard CardCertificate(site: site, role: .smdp).exists else { return }
    let provider = try SMDPParty(site, configuration: SMDPConfiguration.read(site.smdpConfigurationFile))
    _ = try provider.desk.rewrap(random: SystemRandomSource.shared)
  }

  private func rewrap(_ centre: AuC.Desk) throws {
    var imsi: IMSI?
    repeat { imsi = try centre.rewrap(after: imsi, random: SystemRandomSource.shared) } while imsi != nil
  }

  /// The software cards, of whichever kind; returns those that other programs use.
  func rewrapCards() throws -> [String] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: site.cards)) ?? []).sorted()
    let directories = try names.map { try CardDirectory($0, of: site) }.filter(\.exists)
    var busy: [String] = []
    for card in directories {
      let contents =
        card.isManaged
        ? SoftwareManagedCard.rewrap
        : card.isM2M ? SoftwareM2MEUICC.rewrap : card.isModule ? SoftwareModule.rewrap : Manufacture.rewrap
      try rewrap(card.path, as: "card \(card.name)", contents, &busy)
    }
    for handset in RegistrationSite(site: site).handsets {
      try rewrap("\(handset)/module", as: "handset \(PathName.last(of: handset))", SoftwareModule.rewrap, &busy)
    }
    let terminal = "\(RegistrationSite(site: site).terminalDirectory)/module"
    if FileManager.default.fileExists(atPath: terminal) {
      try rewrap(terminal, as: "the registration terminal", SoftwareModule.rewrap, &busy)
    }
    for path in try PaymentSite(site: site).cards {
      try rewrap(path, as: "payment card \(PathName.last(of: path))", SoftwarePaymentCard.rewrap, &busy)
    }
    return busy
  }

  /// One card: first its log, then what is wrapped within it.
  private func rewrap(
    _ path: String, as name: String, _ contents: (any CardMemory, KeyVault, any RandomSource) throws -> Void,
    _ busy: inout [String]
  ) throws {
    do {
      let log = SealedLog(try FileLog(directory: path), vault: vault, random: SystemRandomSource.shared)
      try log.rewrap()
      try contents(LogMemory(log), vault, SystemRandomSource.shared)
    } catch CardMemoryError.inUse { busy.append(name) }
  }
}
