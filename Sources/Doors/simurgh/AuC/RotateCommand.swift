import ArgumentParser
import AuC
import Bytes
import EUICC
import Foundation
import Identifiers
import Keys
import OrderDesk
import SMDPPlus
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
        is sealed comes under it: subscribers' and home network keys, orders' personal data, confirmation codes, software \
        cards. The former key is taken away once nothing needs it. Cut off anywhere, run it again. A site with a payment \
        scheme or managed cards is refused: their keys are not rotated yet.

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
        try refuseWhatWouldBeLost(in: site)
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
            .unavailable, "Other programs use the cards \(busy.joined(separator: ", ")); the former master key stays.",
            remedy: "End them, and run it again: simurgh auc rotate --dir \(site.directory)")
        }
        do { if isInFile { try KeyVault.endRotation(file: site.masterKeyFile) } } catch let error as KeyError {
          throw Complaint(.configuration, "The former master key cannot be taken away: \(error)")
        }
        print(
          "every subscriber's keys are under the current master key, and all else that \(site.directory) keeps sealed")
      }
    }

    /// What payment schemes and managed cards seal is not brought under another key: without the former one it would be
    /// lost.
    private func refuseWhatWouldBeLost(in site: Site) throws {
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: site.cards)) ?? []).sorted()
      let managed = try names.filter { try CardDirectory($0, of: site).isManaged }
      var kept = managed.map { "the managed card \($0)" }
      if PaymentSite(site: site).exists { kept.insert("a payment scheme", at: 0) }
      guard kept.isEmpty else {
        throw Complaint(
          .configuration, "\(site.directory) keeps \(kept.joined(separator: ", ")), whose keys cannot be rotated.",
          remedy: "Keep payment schemes and managed cards in a directory of their own (--dir).")
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
    let centre = try site.authenticationCentre()
    var imsi: IMSI?
    repeat { imsi = try centre.rewrap(after: imsi, random: random) } while imsi != nil
    let orders = try site.orderStore()
    try orders.migrate([EventRecord.schema, OrderBook.schema])
    var iccid: String?
    repeat {
      iccid = try orders.transaction { transaction in
        try OrderBook.rewrap(after: iccid ?? "", vault, random: random, in: transaction)
      }
    } while iccid != nil
    let configured = try OperatorConfiguration.read(site.operatorConfigurationFile).store
    let desk = try OrderDesk.Desk(store: try site.store(configured), vault: vault)
    var order: String?
    repeat { order = try desk.rewrap(after: order ?? "", random: random) } while order != nil
  }

  /// The software cards; returns those that other programs use.
  func rewrapCards() throws -> [String] {
    let random = SystemRandomSource.shared
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: site.cards)) ?? []).sorted()
    var busy: [String] = []
    for name in names {
      let card = try CardDirectory(name, of: site)
      guard card.exists else { continue }
      do {
        let log = SealedLog(try FileLog(directory: card.path), vault: vault, random: random)
        try log.rewrap()
        try Manufacture.rewrap(LogMemory(log), vault: vault, random: random)
      } catch CardMemoryError.inUse { busy.append(name) }
    }
    return busy
  }
}
