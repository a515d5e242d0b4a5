import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store

/// The SM-DP of remotely managed eUICCs: keeps operators' profiles, and downloads them into ISD-Ps through the SM-SR, which
/// reads none of it (SGP.02 §2.1, §3.1).
public struct Desk: Deciding {
  /// How events are signed in the record.
  static let party = "SM-DP"

  /// What an operator of the server sets.
  public struct Settings: Sendable {
    /// The name under which the SM-DP calls SM-SRs.
    public var requesterIdentifier = "sm-dp"
    /// How long the answer to a call is remembered.
    public var callMemory: Duration = .seconds(7 * 86_400)
    /// The pauses until an eUICC that has not answered yet is asked for again.
    public var asking = BackOff(first: .seconds(1), longest: .seconds(15))
    /// How long a download may take before it is given up and undone: a device may be out of the network for hours.
    public var patience: Duration = .seconds(86_400)

    /// The usual settings.
    public init() {}
  }

  public let store: any Store
  let settings: Settings
  /// The circle it trusts, in which revocation lists may come while it runs.
  public let trust: CircleInForce
  let vault: KeyVault
  let operators: Requesters
  /// CERT.DP.ECDSA, and its key.
  let certificate: PartyCertificate
  let key: PrivateKey
  let talks = Talks()

  /// A desk over `store`, whose tables it brings up to date. `certificate` is what eUICCs are shown, with its `key`.
  public init(
    store: any Store, settings: Settings = Settings(), certificate: PartyCertificate, key: PrivateKey, vault: KeyVault,
    trust: CircleInForce, operators: Requesters
  ) throws {
    guard certificate.role == .smdp, certificate.key == key.publicKey else { throw AuthorityError.keyDoesNotFit }
    (self.store, self.settings, self.certificate, self.key) = (store, settings, certificate, key)
    (self.vault, self.trust, self.operators) = (vault, trust, operators)
    try store.migrate([EventRecord.schema, Steps.schema, CallTable.schema, DownloadTable.schema])
  }

  /// Takes a profile in that `mno` had made. The package holds the subscriber's key: it is wrapped at rest.
  public func stock(_ package: [UInt8], as iccid: ICCID, of mno: String, given: Given) throws {
    let wrapped = try vault.wrap(Secret(package), context: DownloadTable.place(iccid), random: given.random)
    try store.transaction { transaction in
      try DownloadTable.stock(wrapped, iccid, mno, in: transaction)
      try EventRecord.append(
        Event(
          at: given.now, party: Self.party, kind: .changed, name: "Stock", correlation: iccid.digits,
          body: .text("a profile of \(mno)")), in: transaction)
    }
  }

  /// A profile in stock, and the last download of it.
  public struct StockedProfile: Sendable {
    public let iccid: ICCID
    /// Its operator.
    public let mno: String
    /// The eUICC of the download, and how it stands; nil where there is none.
    public let eid: EID?
    public let act: Act?
  }

  /// At most `limit` profiles after `iccid`, in their order.
  public func profiles(after iccid: String = "", limit: Int = 100) throws -> [StockedProfile] {
    try store.read { reader in
      try DownloadTable.stock(after: iccid, limit: limit, in: reader).map { iccid, mno in
        let last = try DownloadTable.lastDownload(of: iccid, in: reader)
        return StockedProfile(
          iccid: iccid, mno: mno, eid: last?.eid,
          act: try last.flatMap { try Steps.act(ProfileDownload.name, subject: $0.subject, in: reader) })
      }
    }
  }

  /// After the vault's master key was rotated: brings what is wrapped under the current one; returns how many were.
  public func rewrap(random: any RandomSource) throws -> Int {
    try store.transaction { transaction in
      var count = 0
      for (iccid, wrapped) in try DownloadTable.packages(in: transaction) where vault.isOutdated(wrapped) {
        let again = try vault.rewrap(wrapped, context: DownloadTable.place(iccid), random: random)
        try transaction.executeOne("UPDATE dp_profile SET package = $2 WHERE iccid = $1", iccid, again)
        count += 1
      }
      for (subject, wrapped) in try DownloadTable.keySets(in: transaction) where vault.isOutdated(wrapped) {
        let again = try vault.rewrap(wrapped, context: DownloadTable.place(subject), random: random)
        try transaction.executeOne("UPDATE dp_download SET keys = $2 WHERE subject = $1", subject, again)
        count += 1
      }
      return count
    }
  }
}
