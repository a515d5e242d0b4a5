import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys

/// Who allowed a change of the card's content beside the domain that asked for it.
struct Grant {
  /// The domain that verified the token.
  let verifier: Int
  let number: UInt64
  /// SHA-256 over what the token signed.
  let digest: [UInt8]
}

/// Tokens: a change of content is allowed by both whom it concerns, or it does not happen.
extension GlobalPlatformApplication {
  /// What a command brings to show that it is allowed.
  struct Claim {
    let token: [UInt8]
    let data: [UInt8]
    let reference: TokenReference?
    /// Whether the data name the domain whose content changes.
    let namesDomain: Bool
  }

  /// Whether the selected domain may change content of the domains `concerned`: nil where it may by itself, the grant
  /// where a token allowed it. Everything that is wrong with a token is answered with 6985.
  ///
  /// - The domains must be in the selected one's hierarchy, unless it may delete everywhere (`isDeletion`).
  /// - §9.2: with authorised management a domain needs no token; with delegated management it needs one, which the
  ///   nearest domain above it with token verification and authorised management verifies: who needs a token himself
  ///   allows nobody anything.
  /// - What belongs to a domain with token verification, or to one below it, and is changed by a domain above them, needs
  ///   a token that this domain verifies: a provider's content is the issuer's to touch only with the provider's consent.
  func authorise(
    _ deed: Deed, concerned: Set<Int>, claim: Claim, isDeletion: Bool = false
  ) throws(StatusWordError) -> Grant? {
    try requireSession(deed)
    let (actor, registry, privileges) = (deed.place.selected, deed.registry, deed.object.privileges)
    guard try registry.card().lifeCycle.rawValue < CardLifeCycle.cardLocked.rawValue else {
      throw StatusWordError(.conditionsOfUse)
    }
    let reachesAll = isDeletion && privileges.contains(.globalDelete)
    guard reachesAll || concerned.allSatisfy({ registry.reaches(actor, $0) }) else {
      throw StatusWordError(.conditionsOfUse)
    }
    func has(_ privileges: Privileges, _ number: Int) -> Bool {
      registry.object(number)?.privileges.isSuperset(of: privileges) == true
    }
    var verifiers = Set(
      concerned.compactMap { domain in
        registry.chain(from: domain).prefix { $0 != actor }.first { number in
          // The issuer's domain is above all others; it is asked for its own content only.
          has(.tokenVerification, number) && (number == domain || number != CardRegistry.issuer)
        }
      })
    if !privileges.contains(.authorizedManagement) {
      let above = registry.chain(from: actor).dropFirst().first {
        has([.tokenVerification, .authorizedManagement], $0)
      }
      guard privileges.contains(.delegatedManagement), let above else { throw StatusWordError(.conditionsOfUse) }
      verifiers.insert(above)
    }
    guard let verifier = verifiers.first else {
      // A token that nobody has to verify is not passed over.
      guard claim.token.isEmpty else { throw StatusWordError(.conditionsOfUse) }
      return nil
    }
    // One token has one signature: two domains' consent does not fit into a command.
    guard verifiers.count == 1 else { throw StatusWordError(.conditionsOfUse) }
    return try verify(claim, by: verifier, deed)
  }

  /// §C.4: the token is the verifier's signature over the command, and bound to this card, to one use of it, and to the
  /// domain that uses it, by the command itself or as the application provider.
  private func verify(
    _ claim: Claim, by verifier: Int, _ deed: Deed
  ) throws(StatusWordError) -> Grant {
    let registry = deed.registry
    let card = try registry.card()
    guard let reference = claim.reference, reference.issuer == card.issuer, reference.card == card.image,
      claim.namesDomain || reference.provider == deed.object.aid.bytes,
      let key = registry.publicKey(KeyReference.token.version, KeyReference.token.identifier, of: verifier),
      key.verifies(claim.token, over: claim.data), try !registry.isTokenUsed(reference.number, of: verifier)
    else { throw StatusWordError(.conditionsOfUse) }
    return Grant(verifier: verifier, number: reference.number, digest: sha256(claim.data))
  }

  /// Uses a grant up, in the commit of what it allowed: 6985 where its number was used.
  func use(_ grant: Grant?, _ registry: CardRegistry) throws(StatusWordError) {
    guard let grant else { return }
    guard try registry.useToken(grant.number, of: grant.verifier) else { throw StatusWordError(.conditionsOfUse) }
  }

  /// The receipt for what another domain than the receipt's maker did (§9.2.3): an answer's data, with the counter in
  /// the same commit. A card whose issuer gave it no receipt key makes none; one that has used up its counter does
  /// nothing more that needs a receipt.
  func receipt(for deed: Deed, _ done: Receipt.Deed, _ grant: Grant?) throws(StatusWordError) -> Response {
    let registry = deed.registry
    let maker = registry.chain(from: deed.place.selected).first {
      registry.object($0)?.privileges.contains(.receiptGeneration) == true
    }
    guard let maker, maker != deed.place.selected || grant != nil,
      let key = registry.secret(KeyReference.receipt.version, KeyReference.receipt.identifier, of: maker)
    else { return Response(Receipt.answer(nil)) }
    var card = try registry.card()
    guard let counter = UInt16(exactly: card.receipts + 1) else { throw StatusWordError(.conditionsOfUse) }
    card.receipts += 1
    registry.setCard(card)
    let confirmation = Receipt.Confirmation(
      counter: counter, card: card.issuer + card.image, tokenNumber: grant?.number, tokenDataDigest: grant?.digest)
    return try refusing(with: .technicalProblem) {
      Response(Receipt.answer(try Receipt(of: done, confirmation, key: key)))
    }
  }
}
