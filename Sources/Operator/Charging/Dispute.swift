import CircleOfTrust
import Keys
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
  /// The issuer's master public key, nA.
  let masterKey: PublicKey

  /// The same for whoever trusts no program of ours: what was signed, the signatures in DER and the keys, as files, with
  /// the commands of OpenSSL that verify them.
  public func files() throws(KeyError) -> [(name: String, content: [UInt8])] {
    let card = certificate.claimedBody
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    func parts(_ name: String, _ evidence: (signed: [UInt8], signature: [UInt8])) throws(KeyError)
      -> [(name: String, content: [UInt8])]
    {
      guard let der = ECDSAEncoding.der(fromPlain: evidence.signature) else {
        throw KeyError("the signature of the \(name) is malformed")
      }
      return [("\(name).der", evidence.signed), ("\(name).sig", der)]
    }
    let keys = [("card.pem", text(card.key.pem)), ("issuer.pem", text(masterKey.pem))]
    let commands = """
      # The issuer signed the certificate, which names card \(card.card), user \(card.registration) and the card's key:
      openssl dgst -sha256 -verify issuer.pem -signature certificate.sig certificate.der
      # With that key the card signed the record of service \(record.claimedBody.number):
      openssl dgst -sha256 -verify card.pem -signature record.sig record.der
      # What stands in them; [2] of the certificate's body is the card's key, [11] of the record's the amount
      # in minor units of [12], the currency:
      openssl asn1parse -inform DER -in certificate.der
      openssl asn1parse -inform DER -in record.der

      """
    return try parts("record", record.evidence) + parts("certificate", certificate.evidence) + keys
      + [("verify.sh", text(commands))]
  }
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
    return Evidence(
      record: record, certificate: certificate, isGenuine: isGenuine, masterKey: scheme.masterKey)
  }
}
