import Bytes
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import PaymentCard
import SecureChannel
import SecureElement
import SecurityDomains
import Transport
import UICC

/// A secure element in software whose content is managed over GlobalPlatform, with the card's own applications for those
/// who install them.
public final class SoftwareManagedCard: CardSide {
  private let card: Card

  /// The payment card, which INSTALL makes selectable: `A0000006670F` is its load file, `A0000006670F01` its module.
  public static let paymentCard: (loadFile: AID, module: AID) = (
    AID(literal: "A0000006670F"), AID(literal: "A0000006670F01")
  )

  /// The card in `memory`, without power; `vault` opens the keys that the memory keeps wrapped. `freeBytes` is the space
  /// left beside what is stored now; the usual card's where it is nil.
  public init(
    memory: any CardMemory, vault: KeyVault, random: any RandomSource = SystemRandomSource.shared,
    freeBytes: Int? = nil
  ) {
    var configuration = Card.Configuration()
    if let freeBytes { configuration.memoryCapacity = memory.map.usedBytes + freeBytes }
    let payment = CardModule(
      loadFile: Self.paymentCard.loadFile, module: Self.paymentCard.module, area: PaymentCard.area,
      make: PaymentCard.application(vault: vault))
    card = Card(
      memory: memory, applications: [{ GlobalPlatformApplication(vault: vault, modules: [payment]) }], random: random,
      configuration: configuration)
  }

  /// Makes a card called `iccid` on a blank memory: MF, EF.ICCID, and the issuer security `domain` with the keys that
  /// `master` gives it, or with the public test keys where it is nil.
  public static func make(
    on memory: any CardMemory, iccid: ICCID, domain: AID = Personalisation.usualIssuerDomain, master: Secret?,
    vault: KeyVault, random: any RandomSource
  ) throws {
    var files = FileSystemBuilder()
    let rule = SecurityAttributes.expanded([0x80, 0x01, 0x01, 0x90, 0x00])
    let mf = try files.createMF(FileControlParameters(security: rule))
    let file = try files.createEF(
      FileControlParameters(
        descriptor: .init(.transparent), fileIdentifier: 0x2FE2, security: rule, fileSize: 10,
        shortFileIdentifier: .number(2)), in: mf)
    try files.write(iccid.bytes, in: file)
    // The card's number names it to whoever makes tokens, and finds its keys.
    let name = try name(of: iccid)
    var personalisation = Personalisation(
      issuer: name.issuer, card: name.number, diversificationData: iccid.headerBytes,
      keys: try Self.keys(master: master, diversificationData: iccid.headerBytes))
    personalisation.issuerDomain = domain
    // ETSI TS 102 226 gives SCP03 the versions 30 to 3F; hosts take no other.
    personalisation.keyVersion = 0x30
    try personalisation.apply(to: memory, vault: vault, random: random)
    _ = try Card.install(files.build(), on: memory)
  }

  /// What the card called `iccid` is called to whoever makes tokens for it.
  public static func name(of iccid: ICCID) throws(InvalidIdentifier) -> CardName {
    try CardName(issuer: Array(iccid.headerBytes.prefix(4)), number: iccid.headerBytes)
  }

  /// The keys of the card with this diversification data: derived from `master`, or GlobalPlatform's public test keys, 40
  /// to 4F three times, with which whoever has the card can manage it.
  public static func keys(master: Secret?, diversificationData: [UInt8]) throws(KeyError) -> SCP03.Keys {
    if let master { return try SCP03.Keys(master: master, diversificationData: diversificationData) }
    let key = Secret((0x40...0x4F).map { UInt8($0) })
    return try SCP03.Keys(enc: key, mac: key, dek: key)
  }

  /// After the vault's master key was rotated: brings the secrets of the domains and of the payment card under the current
  /// one.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    try GlobalPlatformApplication.rewrap(memory, vault: vault, random: random)
    try PaymentCard.rewrap(memory, vault: vault, random: random)
  }

  public func powerOn() -> [UInt8] { card.powerOn() }
  public func powerOff() { card.powerOff() }
  public func reset() -> [UInt8] { card.reset() }
  public func respond(_ apdu: [UInt8]) -> [UInt8] { card.respond(apdu) }
}
