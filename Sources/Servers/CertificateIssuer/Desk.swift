import Bytes
import ContentManagement
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

/// The issuer registrar: registers and manages issuers (IRC).
public struct Desk: Sendable {
  /// Approvals, revocation and lists.
  public let book: RegistrarBook

  /// A desk over `store`, whose tables it brings up to date.
  public init(store: any Store, holder: KeyHolder) throws {
    book = try RegistrarBook(store: store, holder: holder)
  }

  /// The answer to a message, a refusal included: to an application of an approved issuer, IRC.
  public func respond(to bytes: [UInt8], now: Instant, random: any RandomSource) -> [UInt8] {
    do {
      return try book.register(AgreementRequest(bytes, now: now, random: random), needsDomain: false) {
        issuer, _, term in
        try Signed(IssuerRegistration(issuer), by: book.holder, term: term).encoded
      }
    } catch {
      return Refused(AgreementRefusal(error)).encoded
    }
  }
}
