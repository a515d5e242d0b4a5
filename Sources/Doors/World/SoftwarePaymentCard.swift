import Bytes
import Keys
import PaymentCard
import SecureElement
import Transport

/// A payment card in software, over any memory.
public final class SoftwarePaymentCard: CardSide {
  private let card: Card

  /// The card that `memory` is, new or issued; `vault` has the master key under which its secrets are wrapped.
  public init(memory: any CardMemory, vault: KeyVault, random: any RandomSource = SystemRandomSource.shared) {
    card = Card(memory: memory, applications: [PaymentCard.application(vault: vault)], random: random)
  }

  /// After the vault's master key was rotated: brings the card's secrets under the current one.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    try PaymentCard.rewrap(memory, vault: vault, random: random)
  }

  public func powerOn() -> [UInt8] { card.powerOn() }
  public func powerOff() { card.powerOff() }
  public func reset() -> [UInt8] { card.reset() }
  public func respond(_ apdu: [UInt8]) -> [UInt8] { card.respond(apdu) }
}
