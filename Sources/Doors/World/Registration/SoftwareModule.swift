import BatchModule
import Bytes
import HandsetRegistration
import IdentityModule
import Keys
import SecureElement
import Transport

/// A software identity module: the secure element with nothing on it but the module's program.
public final class SoftwareModule: CardSide {
  private let card: Card

  /// The module in `memory`, without power; `vault` opens what the memory keeps wrapped.
  public init(memory: any CardMemory, vault: KeyVault, random: any RandomSource = SystemRandomSource.shared) {
    card = Card(memory: memory, applications: [Module.maker(vault: vault)], random: random)
  }

  /// The same element with a carrier's module for off-line batches on it.
  public init(batchModuleIn memory: any CardMemory, vault: KeyVault, random: any RandomSource) {
    card = Card(memory: memory, applications: [BatchSigner.maker(vault: vault)], random: random)
  }

  /// After the vault's master key was rotated: brings the secrets of either kind of module under the current one.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    try Module.rewrap(memory, vault: vault, random: random)
    try BatchSigner.rewrap(memory, vault: vault, random: random)
  }

  public func powerOn() -> [UInt8] { card.powerOn() }
  public func powerOff() { card.powerOff() }
  public func reset() -> [UInt8] { card.reset() }
  public func respond(_ apdu: [UInt8]) -> [UInt8] { card.respond(apdu) }
}
