import Bytes
import AuC
import CircleFiles
import CircleOfTrust
import Foundation
import MutualAuthentication
import Store
import StorePostgreSQL

/// What the SM-DS, the authentication centre, the operator's back office and the carrier's terminal would complain of at
/// their start: their configuration, certificates, store and keys. Nothing is made that is not there.
struct PartyChecks {
  let site: Site

  /// A check for each party that is configured.
  func all() -> [Check] { [smds(), authenticationCentre(), backOffice(), carrier()].compactMap(\.self) }

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
