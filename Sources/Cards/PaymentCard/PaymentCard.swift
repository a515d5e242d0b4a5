import APDU
import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureChannel
import SecureElement
import SecureMessages

/// The off-line IC credit card: it knows its user by a PIN, every terminal by a certificate, and signs what it is used
/// for. docs/payment-card.md has its commands.
public final class PaymentCard: Application {
  /// Where a card and the terminal it is in stand; it goes with the power.
  enum Link {
    case none
    /// X was given, and waits for the terminal that answers it.
    case challenged(OpeningChallenge, PrivateKey)
    /// Both sides are authenticated.
    case open(OpenLink)
  }

  /// What is known inside the link.
  struct OpenLink {
    var agreed: AgreedLink
    let terminal: TerminalCertificate
    let r: Challenge
    /// X, until a PIN was registered in answer to it.
    var x: Challenge?
    var stage = Stage.idle
  }

  /// What the user is about to do.
  enum Stage {
    case idle
    /// The terminal told that a PIN is to be registered; whether the setting number was right.
    case registering(isProved: Bool)
    /// A service is in use; its newest record.
    case serving(UsageRecord)
  }

  let vault: KeyVault
  var link = Link.none
  private var knownIdentity: CardIdentity?

  /// A card whose secrets at rest are wrapped by `vault`.
  init(vault: KeyVault) { self.vault = vault }

  /// What a card needs to be, or become, a payment card.
  public static func application(vault: KeyVault) -> ApplicationMaker { { PaymentCard(vault: vault) } }

  /// Where the application keeps what it keeps.
  public static let area = CardContents.area

  public func identifiers(in exchange: Exchange) -> [AID] { [.paymentCard] }

  /// Whatever link there was is over. The answer names nobody.
  public func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    link = .none
    return []
  }

  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    try Self.commands.run(exchange, by: self)
  }

  /// Who the card is; 6985 before it was issued, 6F85 where it is unusable.
  func identity(in contents: CardContents) throws(StatusWordError) -> CardIdentity {
    guard !contents.counters.isUnusable else { throw StatusWordError(.cardUnusable) }
    if let knownIdentity { return knownIdentity }
    guard let identity = try contents.identity() else { throw StatusWordError(.conditionsOfUse) }
    knownIdentity = identity
    return identity
  }

  // MARK: Commands

  private static let commands = CommandTable<PaymentCard>([
    open("MAKE KEY", .makeKey, run: makeKey),
    open("TAKE ISSUE", .takeIssue, run: takeIssue),
    open("GET CHALLENGE", .getChallenge, run: getChallenge),
    open("OPEN LINK", .openLink, run: openLink),
    sealed("BEGIN REGISTRATION", .beginRegistration, run: beginRegistration),
    sealed("CHECK SETTING NUMBER", .checkSettingNumber, run: checkSettingNumber),
    sealed("SET PIN", .setPIN, run: setPIN),
    sealed("MAKE UNUSABLE", .makeUnusable, run: makeUnusable),
    sealed("BEGIN SERVICE", .beginService, run: beginService),
    sealed("CONTINUE SERVICE", .continueService, run: continueService),
    sealed("END SERVICE", .endService, run: endService),
    sealed("TAKE CLEARANCE", .takeClearance, run: takeClearance),
    sealed("TELL RECORDS", .tellRecords, run: tellRecords),
  ])

  /// A command before the link.
  private static func open(
    _ name: String, _ command: CardCommand,
    run: @escaping @Sendable (PaymentCard) -> ([UInt8], Exchange) throws(StatusWordError) -> [UInt8]
  ) -> CommandEntry<PaymentCard> {
    CommandEntry(name, ins: command.rawValue, .proprietary) { card, exchange throws(StatusWordError) in
      try checkParameters(exchange.command)
      return Response(try run(card)(exchange.command.data, exchange))
    }
  }

  /// A command inside the link: its data come sealed and so does its answer. A message that does not open, and an answer
  /// that could not be made durable, end the link.
  private static func sealed(
    _ name: String, _ command: CardCommand,
    run: @escaping @Sendable (PaymentCard) -> ([UInt8], inout OpenLink, Exchange) throws(StatusWordError) -> [UInt8]
  ) -> CommandEntry<PaymentCard> {
    CommandEntry(name, ins: command.rawValue, .proprietary) { card, exchange throws(StatusWordError) in
      try checkParameters(exchange.command)
      guard case .open(var link) = card.link else { throw StatusWordError(.conditionsOfUse) }
      card.link = .none
      let data: [UInt8]
      do { data = try link.agreed.open(exchange.command.data, header: command.header) } catch {
        throw StatusWordError(.securityStatus)
      }
      let answer: LinkAnswer
      do throws(StatusWordError) { answer = LinkAnswer(try run(card)(data, &link, exchange)) } catch {
        // Without memory or power there is no answer, not even a refusal.
        guard error.status != .memoryProblem, error.status != .notEnoughMemory else { throw error }
        answer = LinkAnswer([], error.status)
      }
      try exchange.memory.commit()
      let sealed: [UInt8]
      do { sealed = try link.agreed.seal(answer.bytes, header: command.header) } catch {
        throw StatusWordError(.technicalProblem)
      }
      if answer.status != .cardUnusable { card.link = .open(link) }
      return Response(sealed)
    }
  }

  private static func checkParameters(_ command: Command) throws(StatusWordError) {
    guard command.p1 == 0, command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
  }
}
