import ArgumentParser
import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import ManagedEUICC
import SGP02
import SGP22
import SecureMessages
import Stations
import Transport
import TransportHTTP

extension CardCommand {
  /// `simurgh card register`: the maker's part with the SM-SR.
  struct Register: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register an eUICC with its SM-SR, as its maker does (SGP.02 ES1.RegisterEIS).",
      discussion: """
        The manufacturer (EUM) signs what the eUICC is, and seals its management keys to the SM-SR's key. The SM-SR is told \
        whose the first profile is, and under which number it is reached.

        Example: simurgh card register meter --owner mno --msisdn 491700000001
        """)

    @OptionGroup var card: CardOptions
    @Option(name: .customLong("sm-sr"), help: "The SM-SR's host and port.") var smsr = LabNames.smsrAddress
    @Option(help: "The SM-SR's certificate, as `simurgh ca show` names it.") var manager = LabNames.smsrCertificate
    @Option(help: "The maker's client certificate; its file's name is the maker's name at the SM-SR.")
    var maker = "operator/maker"
    @Option(help: "The operator of the eUICC's first profile, by its name at the SM-SR.") var owner: String
    @Option(help: "The telephone number of that profile, digits with the country code.") var msisdn: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let directory = try card.directory()
        guard directory.isM2M else {
          throw Complaint(
            .data, "There is no eUICC for an SM-SR in \(directory.path).",
            remedy: "Make one with: simurgh card create \(directory.name) --m2m")
        }
        guard FQDN(smsr) != nil else { throw Complaint(.data, "--sm-sr \(smsr) is no host name.") }
        guard (1...15).contains(msisdn.utf8.count), msisdn.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
          throw Complaint(.data, "--msisdn is no telephone number.", remedy: "Write digits, country code first.")
        }
        let circle = try card.site.site.existingCircle()
        let request = try registration(directory, circle, now: .now())
        let client = try HTTPSClient(circle.callers(as: circle.entry(maker), roles: [.srTLS]))
        defer { client.close() }
        let eid = try directory.m2mEID()
        let calls = FunctionClient(link: client, host: smsr, requester: PathName.last(of: maker))
        switch calls.call(ES1.RegisterEIS.self, request, identifier: SystemRandomSource.shared.bytes(16).hex) {
        case .success: break
        case .refused(let refusal): throw refusal
        case .unknown(let why): throw Complaint(.unavailable, "\(why).", remedy: "Start it with: simurgh sm-sr serve")
        }
        if json { return try Output.json(["eid": eid.digits]) }
        print("eUICC \(eid) is registered with \(smsr)")
      }
    }

    private func registration(
      _ directory: CardDirectory, _ circle: CircleDirectory, now: Instant
    ) throws -> ES1.RegisterEIS.Request {
      let (memory, vault) = try directory.memory([])
      let contents = CardContents(of: memory)
      guard let eid = contents.eid, let report = contents.report, let isdp = contents.isdps.first,
        let iccid = isdp.iccid, let keys = try Manufacture.managementKeys(in: memory, vault: vault)
      else { throw Complaint(.data, "The eUICC in \(directory.path) is not as its maker left it.") }
      let authority = try circle.entries(.eum).first { entry in
        entry.key != nil && entry.certificate.publicKey.curve == .p256
      }
      guard let eum = authority, let key = eum.key else {
        throw Complaint(.configuration, "The circle has no manufacturer (EUM) on P-256 whose private key is here.")
      }
      let manager = try circle.entry(manager).certificate
      guard let oid = manager.extensions.registeredIDs.first, manager.claimedRole == .srTLS else {
        throw Complaint(.data, "--manager \(self.manager) is no SM-SR's certificate.")
      }
      let term = Term(serial: 1, notBefore: now - .seconds(86_400), notAfter: now + .seconds(365 * 86_400))
      let holder = KeyHolder(try EumSignedInfo.maker(key.publicKey).party, key: key)
      let known = KnownParty(try ManagementKeySet.manager(oid), key: manager.publicKey)
      let keySet = ManagementKeySet(eid: eid, version: Int(keys.version), kic: keys.keys[0], kid: keys.keys[1])
      let info = EumSignedInfo(
        eid: eid, eumId: PathName.last(of: maker), productionDate: now, platformType: "Simurgh", platformVersion: "1",
        ecasd: report.agreementCertificate)
      let profile = EISProfile(
        iccid: iccid, isdpAid: isdp.aid, mnoId: owner, state: .enabled, fallbackAttribute: isdp.hasFallbackAttribute,
        subscriptionAddress: SubscriptionAddress(msisdn: msisdn), allocatedMemory: 0)
      let free = report.status?.freeMemory ?? 0
      return ES1.RegisterEIS.Request(
        eis: EIS(
          eumSignedInfo: try Signed(info, by: holder, term: term), eumCertificate: eum.certificate.encoded,
          smsrId: oid.description, remainingMemory: free, availableMemoryForProfiles: free, profiles: [profile]),
        keySet: try Sealed(
          Signed(keySet, by: holder, to: known.party, term: term), from: holder.party, to: known, term: term))
    }
  }
}

extension CardDirectory {
  /// The EID of an eUICC for an SM-SR.
  func m2mEID() throws -> EID {
    guard let text = try? String(contentsOfFile: m2mFile, encoding: .utf8) else {
      throw Complaint(
        .noInput, "There is no eUICC for an SM-SR in \(path).",
        remedy: "Make one with: simurgh card create \(name) --m2m --dir \(site.directory)")
    }
    return try EID(text.filter { !$0.isWhitespace })
  }
}
