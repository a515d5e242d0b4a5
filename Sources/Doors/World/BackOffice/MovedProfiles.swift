import Bytes
import DeviceChange
import Identifiers
import OrderDesk
import ProfileFactory
import ProfileMove
import SGP22
import SMDPPlus
import Stations
import Transport

/// What the operator has at its SM-DP+ beside ES2+.
public protocol MovedProfileStock {
  /// The ICCID for a move: the same at every call.
  func number(for move: String) throws -> ICCID
  /// What a profile is made of beside its identity, as columns of such a row: the next one is made of the same.
  func columns(of iccid: ICCID) throws -> [String: String]
  /// Brings a profile into the stock, as a row that its import takes, with these files in it; what has no place in it is
  /// told. May be repeated.
  func bring(_ row: OrderImport.Row, with files: [BackedUpFile]) throws -> [LeftOut]
  /// Where a profile stands there.
  func state(of iccid: ICCID) throws -> SMDPPlus.Order.State?
}

/// An SM-DP+ as a move orders its new profile there: over ES2+, after its personal data were brought into the stock.
public struct MovedProfiles: ProfileProvider {
  /// The outcome is not known.
  struct Unknown: Error, CustomStringConvertible { let description: String }

  private let client: ES2PlusClient
  private let stock: any MovedProfileStock
  private let address: String
  private let backups: BackupDesk?

  /// Orders over `client` at the SM-DP+ that devices know as `address`. Without `backups` nothing is taken along.
  public init(
    _ client: ES2PlusClient, stock: any MovedProfileStock, address: String, backups: BackupDesk? = nil
  ) {
    (self.client, self.stock, self.address, self.backups) = (client, stock, address, backups)
  }

  public func backUp(
    _ iccid: ICCID, on eid: EID, _ parts: BackupParts, for move: String, now: Instant, until: Instant
  ) throws -> [UInt8]? {
    guard let backups else { return nil }
    return try backups.request(iccid, on: eid, parts, named: move, now: now, until: until).encoded
  }

  /// Step 545: what the old secure element gave, if it is a backup of this profile for this move.
  private func opened(
    _ profile: MovedProfile, for move: String, now: Instant
  ) -> (files: [BackedUpFile], leftOut: [LeftOut]) {
    guard let bytes = profile.backup, let backups else { return ([], []) }
    switch try? BackUpProfile.Response(encoded: bytes) {
    case .ok(let answer)?:
      do throws(BackupDesk.Refusal) {
        let backup = try backups.open(answer, of: profile.replaces, on: profile.oldEID, named: move, now: now)
        return (backup.files, backup.leftOut)
      } catch { return ([], [LeftOut("everything", "the backup is not good: \(error)")]) }
    case .error(let failure)?:
      return ([], [LeftOut("everything", "the old secure element gave no backup (\(failure))")])
    case nil: return ([], [LeftOut("everything", "what came is no backup")])
    }
  }

  public func order(_ profile: MovedProfile, for move: String, now: Instant) throws -> OrderedProfile {
    let iccid = try stock.number(for: move)
    let (files, kept) = opened(profile, for: move, now: now)
    let leftOut = try kept + stock.bring(row(profile, iccid, stock.columns(of: profile.replaces)), with: files)
    let eid = profile.eid
    _ = try answer(
      client.call(ES2Plus.DownloadOrder.self, .init(eid: eid, iccid: iccid), identifier: "\(move)-DownloadOrder"))
    let confirmed = try answer(
      client.call(
        ES2Plus.ConfirmOrder.self, .init(iccid: iccid, eid: eid, releaseFlag: true), identifier: "\(move)-ConfirmOrder")
    )
    guard let host = FQDN(confirmed.smdpAddress ?? address), let token = MatchingId(confirmed.matchingId) else {
      throw DeviceChange.Refused("the SM-DP+ gave no usable MatchingID")
    }
    return OrderedProfile(
      iccid: iccid, activationCode: ActivationCode(smdpAddress: host, matchingId: token).description,
      leftOut: leftOut)
  }

  public func cancel(_ move: String) throws {
    let request = ES2Plus.CancelOrder.Request(
      iccid: try stock.number(for: move), finalProfileStatusIndicator: .unavailable)
    if case .unknown(let reason) = client.call(
      ES2Plus.CancelOrder.self, request, identifier: "\(move)-CancelOrder")
    {
      throw Unknown(description: reason)
    }
    // A refusal: it was never ordered, or is on a device already, where its keys are worth nothing.
  }

  public func standing(of iccid: ICCID) throws -> ProfileStanding {
    switch try stock.state(of: iccid) {
    case .installed: .installed
    case .enabled: .enabled
    case .disabled: .disabled
    case .deleted: .deleted
    case .error: .failed("the new profile could not be installed")
    case .unavailable, nil: .failed("the SM-DP+ has taken the new profile out of use")
    case .available, .allocated, .linked, .confirmed, .released, .downloaded: .ordered
    }
  }

  private func row(_ profile: MovedProfile, _ iccid: ICCID, _ made: [String: String]) -> OrderImport.Row {
    var columns = made
    (columns["iccid"], columns["state"], columns["imsi"]) = (iccid.digits, "available", profile.imsi.digits)
    (columns["k"], columns["opc"]) = (profile.k.bytes.hex, profile.opc.bytes.hex)
    return OrderImport.Row(number: 1, columns)
  }

  private func answer<Response>(_ answer: FunctionClient.Answer<Response>) throws -> Response {
    switch answer {
    case .success(let response): return response
    case .refused(let refusal): throw DeviceChange.Refused("\(refusal)")
    case .unknown(let reason): throw Unknown(description: reason)
    }
  }
}
