import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureChannel
import SecureElement

/// A secure channel to a domain, and what the domain learned in it.
struct SCP03Session {
  /// i = 70: S8 mode, pseudo-random challenges, R-MAC and R-ENC.
  static let options = SCP03.Options.usual

  var channel: SCP03.Card
  /// A key that PERFORM SECURITY OPERATION brought, certified by whom the domain trusts.
  var certifiedKey: PublicKey?

  /// What the host proved itself for; nil while it has not.
  var level: SCP03.SecurityLevel? { channel.level }
}

extension GlobalPlatformApplication {
  /// INITIALIZE UPDATE and EXTERNAL AUTHENTICATE (Amendment D §7.1); nil for other commands.
  func openSession(_ deed: Deed) throws(StatusWordError) -> Response? {
    // An application of the card's own uses these instructions as it likes.
    guard deed.place.applet == nil, deed.command.cla & 0x80 != 0 else { return nil }
    switch deed.command.ins {
    case 0x50: return try initializeUpdate(deed)
    case 0x82: return try externalAuthenticate(deed)
    default: return nil
    }
  }

  private func initializeUpdate(_ deed: Deed) throws(StatusWordError) -> Response {
    let (command, registry) = (deed.command, deed.registry)
    deed.place.endSession()
    guard !command.isSecured else { throw StatusWordError(.secureMessagingNotSupported) }
    guard command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard command.data.count == SCP03Session.options.macLength else { throw StatusWordError(.wrongLength) }
    let domain = deed.object.kind == .securityDomain ? deed.place.selected : deed.object.domain
    guard let (owner, version, keys) = Self.keySet(command.p1, for: domain, in: registry) else {
      throw StatusWordError(.referencedDataNotFound)
    }
    // The counter is durable before the answer, so that no challenge comes twice.
    let counter = try registry.nextSequenceCounter(version, of: owner)
    let data = try registry.card().diversificationData
    let channel = try refusing(with: .technicalProblem) {
      try SCP03.Card(
        keys: keys, keyVersion: version, diversificationData: data, hostChallenge: command.data,
        challenge: .pseudoRandom(sequenceCounter: counter, aid: deed.object.aid.bytes), options: SCP03Session.options)
    }
    try deed.exchange.memory.commit()
    deed.place.session = SCP03Session(channel: channel)
    return Response(channel.response.bytes)
  }

  /// The key set `version` of a domain, the lowest where it is 0. §9.1.3.3: a domain without keys of its own uses those
  /// of the domain it belongs to.
  static func keySet(
    _ version: UInt8, for domain: Int, in registry: CardRegistry
  ) -> (owner: Int, version: UInt8, keys: SCP03.Keys)? {
    for owner in registry.chain(from: domain) {
      let versions = Set(registry.keys(of: owner).filter { $0.kind == .aes && $0.version < 0x70 }.map(\.version))
      guard !versions.isEmpty else { continue }
      guard let chosen = version == 0 ? versions.min() : versions.first(where: { $0 == version }),
        let enc = registry.secret(chosen, 1, of: owner), let mac = registry.secret(chosen, 2, of: owner),
        let dek = registry.secret(chosen, 3, of: owner), let keys = try? SCP03.Keys(enc: enc, mac: mac, dek: dek)
      else { return nil }
      return (owner, chosen, keys)
    }
    return nil
  }

  private func externalAuthenticate(_ deed: Deed) throws(StatusWordError) -> Response {
    guard var session = deed.place.session else { throw StatusWordError(.conditionsOfUse) }
    deed.place.session = nil
    // §7.1.2.3: 6300: authentication of the host failed; the session is over, and what was wrong stays untold.
    try refusing(with: 0x6300) { try session.channel.externalAuthenticate(deed.command) }
    deed.place.session = session
    return Response()
  }

  /// Puts what a secured command says in its place. Whatever is wrong, the answer is 6982 and the session is over.
  func unwrap(_ deed: Deed) throws(StatusWordError) {
    guard var session = deed.place.session else { throw StatusWordError(.securityStatus) }
    deed.place.session = nil
    let plain = try refusing(with: .securityStatus) { try session.channel.unwrap(deed.command) }
    guard !plain.isSecured else { throw StatusWordError(.securityStatus) }
    deed.place.session = session
    deed.exchange.unwrap(as: plain)
  }

  func wrap(_ answer: Response, _ deed: Deed) throws(StatusWordError) -> Response {
    // A command may end its own session.
    guard let session = deed.place.session else { return Response([], answer.status) }
    return try refusing(with: .technicalProblem) { try session.channel.wrap(answer) }
  }

  /// Refuses with 6982 what comes without a secure channel whose commands are authenticated.
  func requireSession(_ deed: Deed) throws(StatusWordError) {
    guard deed.place.session?.level?.contains(.commandMAC) == true else { throw StatusWordError(.securityStatus) }
  }

  /// PERFORM SECURITY OPERATION (Amendment F §7.4): the domain verifies a certificate under its key P1, P2, and uses the
  /// certified key for DAPs until the session ends.
  func verifyCertificate(_ deed: Deed) throws(StatusWordError) -> Response {
    try requireSession(deed)
    let (command, registry) = (deed.command, deed.registry)
    guard let authority = registry.publicKey(command.p1, command.p2, of: deed.place.selected),
      command.p2 == KeyReference.certificateAuthority.identifier
    else { throw StatusWordError(.referencedDataNotFound) }
    let certificate = try refusing { try CardCertificate(encoded: command.data) }
    let body = certificate.body
    guard body.usage == .signatureVerification, certificate.isSigned(by: authority),
      try registry.noteDays(body.effective, body.expiration, in: deed.place.selected)
    else { throw StatusWordError(.wrongData) }
    deed.place.session?.certifiedKey = body.key
    return Response()
  }
}
