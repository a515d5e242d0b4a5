import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store

/// The charging centre: takes what terminals upload, clears cards, makes bills, and finds fraud.
public struct Desk: Sendable {
  /// How events are signed in the record.
  static let party = "Charging"

  let store: any Store
  let scheme: Scheme
  let certificate: Signed<CentreCertificate>
  let holder: KeyHolder
  let verifiedCards: VerifiedCards

  /// A desk over `store`, whose tables it brings up to date; `certificate` is the issuer's word for `key`.
  public init(
    store: any Store, scheme: Scheme, certificate: Signed<CentreCertificate>, key: PrivateKey
  ) throws {
    guard let term = certificate.claimedTerm,
      try certificate.verified(in: scheme, at: term.notBefore).key == key.publicKey
    else { throw KeyError("the charging centre's certificate is for another key than the one that is here") }
    (self.store, self.scheme, self.certificate) = (store, scheme, certificate)
    holder = KeyHolder(scheme.centre, key: key)
    verifiedCards = VerifiedCards(scheme)
    try store.migrate([EventRecord.schema, ChargingTables.schema])
  }
}

/// Why the charging centre does not take a message.
public enum ChargingRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// It is not the message that it should be.
  case malformed
  /// The issuer did not certify the terminal, or it did not sign this, or the certificate is over.
  case notAuthentic
  /// The batch with this number came before with other contents.
  case batchReused(Int)
  /// Another batch is due.
  case batchExpected(Int)
  /// The issuer did not sign the black list.
  case foreignBlackList

  public var description: String {
    switch self {
    case .malformed: "this is no message of the payment scheme"
    case .notAuthentic: "no terminal of the scheme signed this"
    case .batchReused(let number): "batch \(number) came before with other contents"
    case .batchExpected(let number): "batch \(number) is due"
    case .foreignBlackList: "the issuer of the scheme did not sign this black list"
    }
  }
}
