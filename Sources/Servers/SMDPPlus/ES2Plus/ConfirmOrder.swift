import Bytes
import Identifiers
import Keys
import MutualAuthentication
import SGP22
import Stations
import Store

extension Desk {
  /// SGP.22 §5.3.2 ES2+.ConfirmOrder: how the profile may be fetched.
  public func confirmOrder(
    _ request: ES2Plus.ConfirmOrder.Request, from requester: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<ES2Plus.ConfirmOrder.Response> {
    let order = try order(request.iccid, of: requester, in: reader)
    guard [.allocated, .linked].contains(order.state) else {
      throw Refusal.iccidUnavailable.because("\(order.iccid) is \(order.state)")
    }
    // SGP.22 §5.3.2: an EID that was given with DownloadOrder SHALL be the same.
    if let eid = request.eid, let linked = order.eid, eid != linked {
      throw Refusal.eidAssociationInvalid.because("\(order.iccid) is linked to \(linked), not \(eid)")
    }
    var confirmed = order
    confirmed.eid = request.eid ?? order.eid
    confirmed.matchingId = try matchingId(request, given: given, in: reader)
    // SGP.22 §5.3.2: the EID SHALL be present if an SM-DS address is given or the MatchingID is empty.
    if confirmed.eid == nil, request.smdsAddress != nil || confirmed.matchingId == "" {
      throw Refusal.eidMissing.because("\(order.iccid) has no EID")
    }
    confirmed.terms.smdsAddress = try request.smdsAddress.map { address throws(Denial) in
      guard address == "." || FQDN(address) != nil else {
        throw Refusal.formatInvalid.because("\"smdsAddress\" is no host name")
      }
      return address
    }
    confirmed.terms.confirmationHash = try request.confirmationCode.map { code in
      try ConfirmationHash(of: code, for: order.iccid, in: vault, random: given.random)
    }
    do { try confirmed.move(to: request.releaseFlag ? .released : .confirmed) } catch {
      throw Refusal.iccidUnavailable.because("\(order.iccid): \(error)")
    }
    return Decision(
      .success(
        ES2Plus.ConfirmOrder.Response(
          eid: confirmed.eid, matchingId: confirmed.matchingId ?? "", smdpAddress: settings.address)),
      correlation: order.iccid.digits,
      [.updateOrder(from: order, to: confirmed, because: "ConfirmOrder of \(requester.identifier)")]
        + (request.releaseFlag ? registerEvent(confirmed, now: given.now) : []))
  }

  /// Whether a ConfirmOrder that comes again brings the confirmation code that it brought before: of codes nothing is
  /// remembered but what the order keeps.
  func bringsSameCode(_ request: ES2Plus.ConfirmOrder.Request, in reader: any Reader) throws -> Bool {
    guard let code = request.confirmationCode, let order = try OrderBook.order(request.iccid, in: reader) else {
      return true
    }
    return try order.terms.confirmationHash?.isOf(code, for: order.iccid, in: vault) ?? true
  }

  /// The token of the activation code: the operator's, or one that nobody guesses.
  private func matchingId(
    _ request: ES2Plus.ConfirmOrder.Request, given: Given, in reader: any Reader
  ) throws -> String {
    guard let wanted = request.matchingId else { return MatchingToken.make(given.random) }
    guard let token = MatchingId(wanted) else {
      throw Refusal.formatInvalid.because("\"matchingId\" has a character that is not allowed")
    }
    if !token.isEmpty, let other = try OrderBook.order(matchingId: token.text, in: reader), other.iccid != request.iccid
    {
      throw Refusal.matchingIdConflict.because("\(other.iccid) has the MatchingID \(token)")
    }
    return token.text
  }
}

/// Tokens of activation codes.
enum MatchingToken {
  /// Letters and digits that are not mistaken for each other.
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// A new token of 100 random bits in four groups of five characters.
  static func make(_ random: any RandomSource) -> String {
    let characters = random.bytes(20).map { alphabet[Int($0 & 31)] }
    return stride(from: 0, to: 20, by: 5)
      .map { String(decoding: characters[$0..<$0 + 5], as: UTF8.self) }.joined(separator: "-")
  }
}
