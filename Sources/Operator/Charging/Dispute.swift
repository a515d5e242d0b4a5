import OfflineCard
import SecureMessages
import Store

/// What can be shown of a service to whoever doubts it.
public struct Evidence: Sendable {
  /// The record, as the card signed it.
  public let record: Signed<UsageRecord>
  /// The card's certificate, as the issuer signed it.
  public let certificate: Signed<CardCertificate>
  /// Whether both signatures are right, verified again just now.
  public let isGenuine: Bool
}

extension Desk {
  /// The evidence for service `number` of a card; nil where nothing is known of it.
  public func evidence(_ card: CardNumber, _ number: Int) throws -> Evidence? {
    let found: ([UInt8], [UInt8])? = try store.read { reader in
      try reader.first(
        """
        SELECT s.record, c.certificate FROM charged_service AS s JOIN charged_card AS c ON c.card = s.card
        WHERE s.card = $1 AND s.number = $2
        """, card.text, number
      ).map { (try $0(0), try $0(1)) }
    }
    guard let (recordBytes, certificateBytes) = found else { return nil }
    let record = try Signed<UsageRecord>(encoded: recordBytes)
    let certificate = try Signed<CardCertificate>(encoded: certificateBytes)
    let body = try? certificate.verified(in: scheme, at: record.claimedBody.begun)
    let isGenuine = body.map { (try? record.verified(from: $0)) != nil } ?? false
    return Evidence(record: record, certificate: certificate, isGenuine: isGenuine)
  }
}
