import DataProvidingApparatus
import GlobalPlatform
import Identifiers
import MutualAgreement

// What happens in the life of a card whose content is agreed on.
extension AgreementStory {
  /// One thing that somebody does. After a crash it may be done again.
  public enum Act: Hashable, Sendable {
    /// 51, 52: the issuer registers PKI, and enters its card.
    case registerIssuer
    /// 61: the provider registers PKD.
    case registerProvider
    /// Issuer and provider agree.
    case agree
    /// The provider offers versions 1 to 3; in C7 the registrar certifies them.
    case offer
    /// 11 to 13: the card is registered with its user.
    case registerCard
    /// The provider gets a domain on the card.
    case admit
    /// 21 to 24, 31 to 34, 41, 42, 62, 63: the user wants data in a version, or no longer.
    case want(ContentOperation, UInt16)
    /// The registrar revokes all versions.
    case revoke
    /// The card meets the issuer's books, and what is revoked goes.
    case meet

    /// What comes before a card can hold anything.
    public static let preparations: [Act] = [
      .registerIssuer, .registerProvider, .agree, .offer, .registerCard, .admit,
    ]
    /// A whole life: stored, replaced, deleted, stored again, and deleted because it was revoked.
    public static let life: [Act] =
      preparations + [.want(.store, 1), .want(.store, 2), .want(.delete, 2), .want(.store, 3), .revoke, .meet]
  }

  /// Does one thing; throws where somebody crashes, refuses or does not answer.
  public func perform(_ act: Act) throws {
    let (now, random) = (world.now, world.random)
    switch act {
    case .registerIssuer:
      try world.addIssuer("bank")
      try world.issuers[issuer]?.desk.enter(card.name)
    case .registerProvider: try world.addProvider("bus", domain: Self.domain)
    case .agree: try world.agree(issuer, provider, way)
    case .offer: try offer()
    case .registerCard: try card.terminal.register(with: issuer, user: "a user", now: now, random: random)
    case .admit: try card.terminal.admit(provider, now: now, random: random)
    case .want(let operation, let version):
      try card.terminal.ask(
        operation, StoringDataInformation(loadFile: Self.file, version: version), of: provider,
        through: way == .throughIssuer ? issuer : provider, now: now, random: random)
    case .revoke: try world.dataRegistrar.book.revoke(.init(Self.file, through: 3), now: now)
    case .meet: try card.terminal.contact(issuer, now: now, random: random)
    }
  }

  /// Does one thing until it is done, whoever crashes. `check` looks at what each attempt leaves.
  public func live(_ act: Act, check: () throws -> Void = {}) throws {
    for _ in 0..<8 {
      let isDone = (try? perform(act)) != nil
      try check()
      try world.deliver()
      try check()
      if isDone { return }
      try recover()
      if case .want(let operation, let version) = act, try shown() == (operation == .store ? version : nil) { return }
    }
    throw AgreementRefusal.failed
  }

  private func offer() throws {
    guard let providing = world.providers[provider]?.desk else { throw AgreementRefusal.noAgreement }
    for version in 1...3 as ClosedRange<UInt16> {
      let package = DataPackage(
        module: AID(literal: "A0000006670101"), version: version,
        files: [.init(0x6F01, shortIdentifier: 1, content: [UInt8](repeating: UInt8(version), count: 500))])
      try providing.offer(
        CatalogueItem(
          title: "ticket", loadFile: Self.file, application: Self.application, package: package, price: 1))
      if way == .certifiedData { try providing.certify(Self.file, version: version, now: world.now) }
    }
  }
}
