import APDU
import Bytes
import ContentManagement
import DataProvidingApparatus
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureElement
import SecureMessages
import Transport
import UserApparatus

/// One issuer, one provider and one card, in any weather: parties crash at their durable writes, the card loses power
/// within its own, messages and answers are lost; and in the end card and both books agree.
public final class AgreementStory {
  public let world: AgreementWorld
  public let issuer, provider: Party
  public let card: AgreementCard
  public let way: AgreementWay

  public static let file = AID(literal: "A00000066701")
  static let application = AID(literal: "A000000667010101")
  static let domain = AID(literal: "A000000667020000")

  /// Who may crash.
  public enum Crasher: String, Sendable, CaseIterable {
    case issuerRegistrar, dataRegistrar, issuer, provider, user, card
  }

  /// Everybody has a name and a key, and nothing has happened yet.
  public init(unbegun way: AgreementWay, random: any RandomSource) throws {
    self.way = way
    world = try AgreementWorld(random: random)
    (issuer, provider) = (try world.issuer("bank"), try world.provider("bus"))
    card = try world.card(try ICCID("89490200001000000012"))
  }

  /// Everybody is registered and agrees, the provider offers versions 1 to 3, and the card has room for it.
  public convenience init(_ way: AgreementWay, random: any RandomSource) throws {
    try self.init(unbegun: way, random: random)
    for act in Act.preparations { try live(act) }
  }

  private func fuse(_ crasher: Crasher) -> Fuse? {
    switch crasher {
    case .issuerRegistrar: world.registrarFuses.issuers
    case .dataRegistrar: world.registrarFuses.data
    case .issuer: world.fuse(of: issuer)
    case .provider: world.fuse(of: provider)
    case .user: card.fuse
    case .card: nil
    }
  }

  /// How many durable writes there were.
  public func writes(_ crasher: Crasher) -> Int { fuse(crasher)?.writes ?? card.power.writes }

  /// Lets somebody crash at the `number`th durable write from now.
  public func crash(_ crasher: Crasher, atWrite number: Int, _ moment: Fuse.Moment) {
    if let fuse = fuse(crasher) {
      let due = fuse.writes + number
      fuse.plan = { $0 == due ? moment : nil }
    } else {
      card.power.cut(atWrite: number, moment == .before ? .afterBytes(7) : .afterWrite)
    }
  }

  /// The user wants something; whether it came about at once.
  @discardableResult public func want(_ operation: ContentOperation, _ version: UInt16) -> Bool {
    (try? perform(.want(operation, version))) != nil
  }

  /// Everybody is up again, nothing is lost any more, and what was begun is gone on with until it is done or refused; at
  /// last the card meets the issuer's books.
  public func recover() throws {
    world.net.fate = { _, _, _ in .arrives }
    for crasher in Crasher.allCases { fuse(crasher)?.plan = { _ in nil } }
    card.power.cut(atWrite: .max, .afterWrite)
    card.link.cut(atCommand: nil)
    for _ in 0..<12 {
      for registrar in [Crasher.issuerRegistrar, .dataRegistrar] { fuse(registrar)?.mend() }
      try world.restart(issuer)
      try world.restart(provider)
      card.fuse.mend()
      _ = try card.link.reset()
      world.now = world.now + .seconds(300)
      try world.deliver()
      try? card.terminal.resume()
      if (try? card.terminal.pending())?.isEmpty == true { break }
    }
    try world.deliver()
  }

  /// The card meets the issuer's books.
  public func meet() throws {
    try card.terminal.contact(issuer, now: world.now, random: world.random)
    world.now = world.now + .seconds(300)
    try world.deliver()
  }

  /// The version that the card shows; nil where it shows nothing.
  public func shown() throws -> UInt16? {
    // A card that lost its power gets it again.
    _ = try card.link.reset()
    let channel = TerminalChannel(card.link)
    let answer = try channel.send(Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: Self.application.bytes, le: 256))
    guard answer.status.isSuccess else { return nil }
    return try channel.send(Command(cla: 0, ins: 0xB0, p1: 0x81, p2: 0, le: 256)).data.first.map(UInt16.init)
  }

  /// What must hold at every moment: the card shows nothing that is not in the provider's books and, but for standing
  /// consent, in the issuer's too: stored, or agreed on.
  public func violation() throws -> String? {
    guard let version = try shown() else { return nil }
    func allows(_ lines: [ContentBook.Line]) -> Bool {
      lines.contains { $0.version == version || $0.wanted == Int(version) }
    }
    let provider = try world.providers[provider]?.desk.book() ?? []
    guard allows(provider) else { return "version \(version) is on the card, and not in the provider's books" }
    let issuer = try world.issuers[issuer]?.desk.book() ?? []
    guard way.needsStandingConsent || allows(issuer) else {
      return "version \(version) is on the card, and not in the issuer's books"
    }
    return nil
  }

  /// What must hold in the end: card and both books agree, and nothing is begun.
  public func disagreement() throws -> String? {
    let version = try shown()
    let books = try [world.issuers[issuer]?.desk.book() ?? [], world.providers[provider]?.desk.book() ?? []]
    for (name, lines) in zip(["issuer", "provider"], books) {
      guard lines.compactMap(\.version) == [version].compactMap(\.self) else {
        return "the card shows \(version.map { "\($0)" } ?? "nothing"), the \(name)'s books say \(lines)"
      }
    }
    let pending = try card.terminal.pending()
    return pending.isEmpty ? nil : "wishes are left to \(pending)"
  }
}
