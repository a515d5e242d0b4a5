import Bytes
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

/// Asking for authorisation, and giving it: one wish makes one request, and one request has one answer, however often
/// either is repeated.
public enum Authorisations {
  /// The request that a wish led to; made and kept by `make` where there is none yet that holds at `now`.
  public static func request(
    for wish: [UInt8], at now: Instant, in store: any Store, make: () throws -> Signed<StoringAuthorisationRequest>
  ) throws -> Signed<StoringAuthorisationRequest> {
    let digest = sha256(wish)
    let made = try make()
    return try store.transaction { transaction in
      let row = try transaction.first("SELECT request FROM storing_request WHERE wish = $1", digest)
      if let bytes: [UInt8] = try row?(0) {
        let kept = try Signed<StoringAuthorisationRequest>(encoded: bytes)
        if kept.claimedTerm?.includes(now) == true { return kept }
      }
      try transaction.execute(
        """
        INSERT INTO storing_request (wish, request, expiry) VALUES ($1, $2, $3)
        ON CONFLICT (wish) DO UPDATE SET request = excluded.request, expiry = excluded.expiry
        """, digest, made.encoded, made.claimedTerm?.notAfter ?? now)
      return made
    }
  }

  /// The answer that was given to a message before; nil where it is new.
  public static func answer(to message: [UInt8], in reader: any Reader) throws -> [UInt8]? {
    try reader.first("SELECT answer FROM storing_answer WHERE digest = $1", sha256(message))?(0)
  }

  /// Keeps the answer to a message.
  public static func keep(
    _ answer: [UInt8], to message: [UInt8], until expiry: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    try transaction.execute(
      "INSERT INTO storing_answer (digest, answer, expiry) VALUES ($1, $2, $3)", sha256(message), answer, expiry)
  }

  /// Forgets what needs no longer be known at `now`: a wish is kept as long as it could come again, a request and its answer
  /// as long as the request holds.
  public static func sweep(before now: Instant, in store: any Store) throws {
    // It is asked for after each answer, and a commit costs more than a look.
    let isOld = try store.read { reader in
      try reader.first("SELECT 1 FROM storing_answer WHERE expiry < $1 LIMIT 1", now) != nil
        || reader.first("SELECT 1 FROM storing_request WHERE expiry < $1 LIMIT 1", now) != nil
        || reader.first("SELECT 1 FROM card_errand WHERE expiry < $1 LIMIT 1", now) != nil
        || reader.first("SELECT 1 FROM content_wish WHERE expiry < $1 LIMIT 1", now) != nil
    }
    guard isOld else { return }
    try store.transaction { transaction in
      try transaction.execute("DELETE FROM storing_answer WHERE expiry < $1", now)
      try transaction.execute("DELETE FROM storing_request WHERE expiry < $1", now)
      try transaction.execute("DELETE FROM card_errand WHERE expiry < $1", now)
      try transaction.execute("DELETE FROM content_wish WHERE expiry < $1", now)
    }
  }

  /// What `sa` says, if `signer` gave it to `receiver` in answer to `request` for just what was asked, with tokens that
  /// the card will take from `actor`.
  public static func verified(
    _ sa: Signed<StoringAuthorisation>, from signer: KnownParty, to receiver: Party,
    for request: Signed<StoringAuthorisationRequest>, actor: AID
  ) throws -> StoringAuthorisation {
    let asked = request.claimedBody
    let body = try sa.verified(from: signer, to: receiver, answering: asked.nonce)
    guard body.operation == asked.operation, body.card == asked.card, body.sdi.completes(asked.sdi),
      body.request == sha256(request.encoded),
      AgreedContent(
        body.operation, body.sdi, on: body.card, domain: body.domain, actor: actor, counter: body.counter
      ).isAllowed(by: body.tokens, of: signer.key)
    else { throw AgreementRefusal.notAuthentic }
    return body
  }

  /// The authorisation that `request` asks for, with tokens by the signer's key for the domain `actor`.
  public static func authorise(
    _ request: Signed<StoringAuthorisationRequest>, _ sdi: StoringDataInformation, domain: AID, actor: AID,
    counter: Int, by signer: KeyHolder, data: [UInt8]? = nil
  ) throws -> Signed<StoringAuthorisation> {
    let asked = request.claimedBody
    let content = AgreedContent(
      asked.operation, sdi, on: asked.card, domain: domain, actor: actor, counter: counter)
    guard let tokens = try content.tokens(by: signer.key) else { throw AgreementRefusal.malformed }
    let body = StoringAuthorisation(
      asked.operation, on: asked.card, counter: counter, request: sha256(request.encoded), sdi, domain: domain,
      tokens: tokens, data: data)
    return try Signed(body, by: signer, to: request.claimedSender, answering: asked.nonce)
  }
}
