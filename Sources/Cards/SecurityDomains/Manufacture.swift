import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureChannel
import SecureElement

/// What a card is given before it leaves its maker.
public struct Personalisation: Sendable {
  /// The issuer security domain's name.
  public var issuerDomain: AID = Self.usualIssuerDomain
  /// Issuer identification number (42), 1 to 16 bytes.
  public var issuer: [UInt8]
  /// Card image number (45), 1 to 16 bytes: with the issuer's, the card's own name.
  public var card: [UInt8]
  /// Key diversification data, 10 bytes.
  public var diversificationData: [UInt8]
  /// The keys of the issuer security domain.
  public var keys: SCP03.Keys
  /// Their version, 1 to 6F.
  public var keyVersion: UInt8 = 1

  /// The issuer security domain of GlobalPlatform's own RID.
  public static let usualIssuerDomain = AID(literal: "A000000151000000")

  /// A card of `issuer`.
  public init(issuer: [UInt8], card: [UInt8], diversificationData: [UInt8], keys: SCP03.Keys) {
    (self.issuer, self.card, self.diversificationData, self.keys) = (issuer, card, diversificationData, keys)
  }

  /// Makes the issuer security domain on a blank memory.
  public func apply(to memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    guard (1...16).contains(issuer.count), (1...16).contains(card.count), diversificationData.count == 10,
      (1...0x6F).contains(keyVersion)
    else { throw KeyError("issuer and card have numbers of 1 to 16 bytes, diversification data 10") }
    let transaction = MemoryTransaction(over: memory)
    let registry = CardRegistry(memory: transaction, vault: vault)
    registry.setCard(CardRecord(issuer: issuer, image: card, diversificationData: diversificationData))
    let privileges: Privileges = [
      .securityDomain, .cardLock, .cardTerminate, .cardReset, .cvmManagement, .trustedPath, .authorizedManagement,
      .tokenVerification, .globalDelete, .globalLock, .globalRegistry, .finalApplication, .receiptGeneration,
    ]
    registry.set(
      ObjectRecord(
        .securityDomain, aid: issuerDomain, lifeCycle: .personalized, privileges: privileges,
        domain: CardRegistry.issuer), CardRegistry.issuer)
    var records: [KeyRecord] = []
    for (identifier, key) in zip(UInt8(1)..., [keys.enc, keys.mac, keys.dek]) {
      records.append(
        try registry.wrap(
          key, version: keyVersion, identifier: identifier, of: CardRegistry.issuer, random: random))
    }
    registry.setKeys(records, of: CardRegistry.issuer)
    try transaction.commit()
  }
}
