import APDU
import OfflineCard
import SecureElement
import SecureMessages
import TLV

/// How a card comes back from its off-line limit: any terminal may read what nobody has cleared, and bring the charging
/// centre's word.
extension PaymentCard {
  /// The most records in an answer.
  private static let mostRecords = 8

  /// The records of services from a number on that are not cleared.
  func tellRecords(_ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    guard let element = try? TLVElement(data), element.tag == .integer, let from = try? Int(element) else {
      throw StatusWordError(.wrongData)
    }
    return CardContents(exchange, vault).records(from: from, limit: Self.mostRecords).flatMap { $0 }
  }

  /// Forgets what the centre has, and keeps what goes on after it; a service in use is not cleared.
  func takeClearance(
    _ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    guard case .idle = link.stage else { throw StatusWordError(.conditionsOfUse) }
    guard let message = try? CardClearance(encoded: data), let begin = message.centre.claimedTerm?.notBefore else {
      throw StatusWordError(.wrongData)
    }
    let contents = CardContents(exchange, vault)
    let identity = try identity(in: contents)
    let now = max(contents.timeSeen, begin)
    guard let centre = try? message.centre.verified(in: identity.scheme, at: now),
      let term = message.clearance.claimedTerm,
      let clearance = try? message.clearance.verified(from: centre, to: identity.holder.party, at: term.notBefore),
      clearance.card == identity.body.card, clearance.through <= contents.lastService
    else { throw StatusWordError(.securityStatus) }
    contents.removeRecords(clearance)
    return []
  }
}
