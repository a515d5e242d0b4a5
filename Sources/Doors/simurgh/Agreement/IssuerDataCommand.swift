import ArgumentParser
import Bytes
import ContentManagement
import Foundation
import Identifiers
import IssuingApparatus
import MutualAgreement
import SecureMessages
import World

/// `simurgh issuer data`: who issues GlobalPlatform cards, and agrees with providers on what they hold.
struct IssuerDataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Issue cards whose content issuer and data providers agree on.",
    discussion: """
      An issuer registers with the issuer registrar, agrees with providers, and enters its cards.

      Example: simurgh issuer data begin bank && simurgh issuer data card bank element-1 && \
      simurgh issuer data agree bank bus --way through-provider
      """,
    subcommands: [
      Begin.self, ShowRegistration<IssuerRole>.self, Card.self, Agree.self, Consent.self, Revoke.self,
      ShowBooks<IssuerRole>.self, ServeApparatus<IssuerRole>.self,
    ])

  struct Begin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an issuer's key and register it (IRC).",
      discussion: """
        Its registrar approves the name first: simurgh registrar approve issuer:bank

        Example: simurgh issuer data begin bank
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The issuer's name.") var name: String
    @Option(help: "The file of the key that the cards' keys derive from; GlobalPlatform's public test keys without it.")
    var issuerKey: String?

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let party = try AgreementSite.party(.issuer, name)
        let key = try CardDirectory.masterKey(file: issuerKey)
        try agreement.register(party, domain: nil, now: .now())
        if let key { try agreement.keepCardKey(key, of: party) }
        print("\(party) is registered")
      }
    }
  }

  struct Card: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enter a GlobalPlatform card that the issuer made.",
      discussion: """
        Such a card is made with: simurgh card create element-1 --global-platform. One that is elsewhere has the number \
        that this printed.

        Example: simurgh issuer data card bank element-1
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The issuer's name.") var name: String
    @Argument(help: "The card's name, or its number.") var card: String

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let desk = try agreement.issuing(AgreementSite.party(.issuer, name), peers: SitePeers(agreement))
        let number = try? ICCID(card)
        let found =
          try number.map { try SoftwareManagedCard.name(of: $0) }
          ?? UserSite(agreement, card: card, agrees: { _ in true }).terminal.name()
        try desk.enter(found)
        print("card \(found) is \(desk.holder.party)'s")
      }
    }
  }

  struct Agree: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Agree with a provider: in which way, and on how much room.",
      discussion: """
        The ways: through-issuer (C2), through-provider (C3), provider-alone (C4), certified-provider (C6), \
        certified-data (C7). The last three are the issuer's standing consent, which `consent` takes back.

        Example: simurgh issuer data agree bank bus --way through-provider --quota 8000
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The issuer's name.") var name: String
    @Argument(help: "The provider's name.") var provider: String
    @Option(help: "through-issuer, through-provider, provider-alone, certified-provider or certified-data.")
    var way: WayName = .throughProvider
    @Option(help: "Bytes that the provider's content may take on each card.") var quota = 8000
    @Option(help: "The price of a kilobyte on a card, in the smallest unit.") var memoryPrice = 0
    @Flag(help: "Let data stay on cards that the registrar revoked.") var keepsRevoked = false
    @Option(help: "The file with the registration of a provider that runs in another directory.")
    var registration: String?

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let (party, other) = (try AgreementSite.party(.issuer, name), try AgreementSite.party(.provider, provider))
        guard quota > 0, quota <= 1 << 20, memoryPrice >= 0 else {
          throw Complaint(.usage, "--quota is 1 to 1048576 bytes, and a price is not negative.")
        }
        let bytes = try agreement.registration(of: other, file: registration)
        let dpr = try Complaint.naming("the registration") { try RegisteredProvider(encoded: bytes).dpr }
        guard dpr.claimedBody.known.party == other else { throw Complaint(.data, "It is not \(other)'s registration.") }
        try agreement.issuing(party, peers: SitePeers(agreement)).agree(
          with: dpr, way: way.way, quota: quota, memoryPrice: memoryPrice, revokedData: keepsRevoked ? .stay : .go,
          now: .now())
        try agreement.deliver()
        print("\(party) agrees with \(other): \(way.rawValue), \(quota) bytes on each card")
      }
    }
  }

  struct Consent: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take the standing consent for a provider back, or give it again.",
      discussion: """
        The provider is told at once; each card takes the privilege away when it meets the issuer.

        Example: simurgh issuer data consent bank bus --withdraw
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The issuer's name.") var name: String
    @Argument(help: "The provider's name.") var provider: String
    @Flag(help: "Take it back.") var withdraw = false

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let other = try AgreementSite.party(.provider, provider)
        let desk = try agreement.issuing(AgreementSite.party(.issuer, name), peers: SitePeers(agreement))
        try desk.setConsent(!withdraw, to: other, now: .now())
        try agreement.deliver()
        print("\(other) \(withdraw ? "has no consent any more" : "has consent")")
      }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a card that is lost: nothing is stored on it any more.",
      discussion: "Example: simurgh issuer data revoke bank 89882110-89882110123456789012")
    @OptionGroup var site: SiteOptions
    @Argument(help: "The issuer's name.") var name: String
    @Argument(help: "The card's number, as `books` shows it.") var card: String

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let desk = try agreement.issuing(AgreementSite.party(.issuer, name), peers: SitePeers(agreement))
        let found = try Complaint.naming("the card") { try CardName(card) }
        guard try desk.cards().contains(where: { $0.card == found.description }) else {
          throw Complaint(.noInput, "\(desk.holder.party) has no card \(found).")
        }
        try desk.revoke(found, now: .now())
        try agreement.deliver()
        print("card \(found) is revoked")
      }
    }
  }

  /// The ways as people write them.
  enum WayName: String, CaseIterable, ExpressibleByArgument {
    case throughIssuer = "through-issuer"
    case throughProvider = "through-provider"
    case providerAlone = "provider-alone"
    case certifiedProvider = "certified-provider"
    case certifiedData = "certified-data"

    var way: AgreementWay {
      switch self {
      case .throughIssuer: .throughIssuer
      case .throughProvider: .throughProvider
      case .providerAlone: .providerAlone
      case .certifiedProvider: .certifiedProvider
      case .certifiedData: .certifiedData
      }
    }
  }
}
