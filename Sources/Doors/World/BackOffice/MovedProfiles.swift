import Bytes
import DeviceChange
import Identifiers
import OrderDesk
import SGP22
import SMDPPlus
import Stations
import Transport

/// What the operator has at its SM-DP+ beside ES2+.
public protocol MovedProfileStock {
  /// The ICCID for a move: the same at every call.
  func number(for move: String) throws -> ICCID
  /// Brings a profile into the stock, as a row that its import takes; may be repeated.
  func bring(_ row: OrderImport.Row) throws
  /// Where a profile stands there.
  func state(of iccid: ICCID) throws -> SMDPPlus.Order.State?
}

/// An SM-DP+ as a move orders its new profile there: over ES2+, after its personal data were brought into the stock.
public struct MovedProfiles: ProfileProvider {
  /// The outcome is not known.
  struct Unknown: Error, CustomStringConvertible { let description: String }

  private let client: ES2PlusClient
  private let stock: any MovedProfileStock
  private let columns: [String: String]
  private let address: String

  /// Orders over `client` at the SM-DP+ that devices know as `address`; `columns` are what all rows have: the template
  /// and the names.
  public init(_ client: ES2PlusClient, stock: any MovedProfileStock, columns: [String: String], address: String) {
    (self.client, self.stock, self.columns, self.address) = (client, stock, columns, address)
  }

  public func order(_ profile: MovedProfile, for move: String) throws -> OrderedProfile {
    let iccid = try stock.number(for: move)
    try stock.bring(row(profile, iccid))
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
      iccid: iccid, activationCode: ActivationCode(smdpAddress: host, matchingId: token).description)
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

  private func row(_ profile: MovedProfile, _ iccid: ICCID) -> OrderImport.Row {
    var columns = columns
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
