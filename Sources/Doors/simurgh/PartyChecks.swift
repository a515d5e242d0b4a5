import Bytes
import AuC
import CircleFiles
import CircleOfTrust
import Foundation
import MutualAuthentication
import Store
import StorePostgreSQL

/// What the SM-DS, the authentication centre, the operator's back office, the carrier's terminal and the parties of remote
/// provisioning would complain of at their start: their configuration, certificates, store and keys. Nothing is made that is not there.
struct PartyChecks {
  let site: Site

  /// A check for each party that is configured.
  func all() -> [Check] {
    [smds(), authenticationCentre(), backOffice(), carrier(), smsr(), smdp(), directory(), mno()].compactMap(\.self)
  }

  private func smds() -> Check? {
    check(site.smdsConfigurationFile, "docs/sm-ds.md") {
      let configuration = try SMDSConfiguration.read(site.smdsConfigurationFile)
      try configuration.check()
      guard try site.circle.entries(.dsAuthentication).contains(where: { $0.key != nil }) else {
        return Check(
          "sm-ds.yaml", .note, "no SM-DS yet",
          remedy: "simurgh ca issue ds-auth sm-ds --oid \(LabNames.smdsOid) --dir \(site.directory)")
      }
      if let store = try store(configuration.store) {
        let party = try SMDSParty(configuration: configuration, store: store, directory: site.circle)
        _ = try party.listeners(sink: nil)
      }
      return Check("sm-ds.yaml", .good, "the SM-DS is \(configuration.address), \(try said(configuration.store))")
    }
  }

  private func authenticationCentre() -> Check? {
    let file = site.authenticationCentreConfigurationFile
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    return check(file, "docs/auc.md") {
      let configuration = try AuCConfiguration.read(file)
      _ = try configuration.httpClients(site)
      if try store(configuration.store) != nil {
        _ = try AuCDoors.listeners(configuration, site, site.authenticationCentre(configuration))
      }
      return Check(
        "auc.yaml", .good, "\(configuration.https.count) listeners for HTTPS, \(try said(configuration.store))")
    }
  }

  private func backOffice() -> Check? {
    let file = site.operatorConfigurationFile
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    return check(file, "docs/operator.md") {
      let configuration = try OperatorConfiguration.read(file)
      let trust = CircleInForce(try site.existingCircle().circle())
      if try store(configuration.store) != nil {
        let party = try OperatorParty(site)
        _ = try party.listener(trust: trust)
        _ = try party.moveListeners()
        try party.client(trust: trust).close()
      }
      return Check(
        "operator.yaml", .good, "the operator is \(configuration.identifier), \(try said(configuration.store))")
    }
  }

  private func carrier() -> Check? {
    let file = site.carrierConfigurationFile
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    return check(file, "docs/carrier-terminal.md") {
      let configuration = try CarrierConfiguration.read(file)
      guard RegistrationSite(site: site).exists else {
        return Check(
          "carrier-terminal.yaml", .note, "no carrier yet",
          remedy: "simurgh carrier-terminal begin NETWORK --dir \(site.directory)")
      }
      let carrier = try RegistrationSite(site: site).carrier().party
      if try store(configuration.store) != nil {
        let trust = CircleInForce(try site.existingCircle().circle())
        _ = try CarrierParty(site, configuration: configuration).listener(trust: trust, sink: nil)
      }
      return Check(
        "carrier-terminal.yaml", .good,
        "\(carrier) listens on port \(configuration.port), \(try said(configuration.store))")
    }
  }

  private func smsr() -> Check? {
    remote(site.smsrConfigurationFile) {
      let configuration = try SMSRConfiguration.read(site.smsrConfigurationFile)
      try configuration.check()
      if try store(configuration.store) != nil {
        let party = try SMSRParty(site, configuration: configuration)
        _ = try party.listener(sink: nil)
      }
      return "the SM-SR is \(configuration.address), \(try said(configuration.store))"
    }
  }

  private func smdp() -> Check? {
    remote(site.smdpConfigurationFile) {
      let configuration = try SMDPConfiguration.read(site.smdpConfigurationFile)
      if try store(configuration.store) != nil {
        _ = try SMDPParty(site, configuration: configuration).listener(sink: nil)
      }
      return
        "the SM-DP is \(configuration.name) on port \(configuration.listener.port), \(try said(configuration.store))"
    }
  }

  private func directory() -> Check? {
    remote(site.directoryConfigurationFile) {
      let configuration = try DirectoryConfiguration.read(site.directoryConfigurationFile)
      _ = try configuration.settings()
      if try store(configuration.store) != nil {
        _ = try DirectoryParty(site, configuration: configuration).listener(sink: nil)
      }
      return "the directory is on port \(configuration.listener.port), \(try said(configuration.store))"
    }
  }

  private func mno() -> Check? {
    remote(site.mnoConfigurationFile) {
      let configuration = try MNOConfiguration.read(site.mnoConfigurationFile)
      try configuration.check()
      let named = try OperatorConfiguration.read(site.operatorConfigurationFile).store
      if try store(named) != nil {
        let party = try MNOParty(site)
        _ = try party.listener(sink: nil)
        try party.client().close()
      }
      return "the operator is \(configuration.name), \(try said(named))"
    }
  }

  /// A party of remote provisioning, where its configuration is there.
  private func remote(_ file: String, _ body: () throws -> String) -> Check? {
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    return check(file, "docs/remote-provisioning.md") {
      Check(PathName.last(of: file), .good, try body())
    }
  }

  /// The store, opened, where it is one that can be looked for: a database that is named, or a file that is there.
  private func store(_ configured: String?) throws -> (any Store)? {
    let isNamed = site.database != nil || configured != nil
    return isNamed || FileManager.default.fileExists(atPath: site.storeFile) ? try site.existingStore(configured) : nil
  }

  private func said(_ configured: String?) throws -> String { "store: \(try site.storeName(configured))" }

  /// What `body` finds, or what is wrong as the party's start would say it.
  private func check(_ file: String, _ page: String, _ body: () throws -> Check) -> Check {
    do { return try body() } catch {
      let complaint = Complaint(error)
      return Check(
        PathName.last(of: file), .bad, complaint.what,
        remedy: complaint.remedy ?? "correct \(file); \(page) explains its keys")
    }
  }
}
