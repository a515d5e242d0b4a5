import Bytes
import EUICC
import Identifiers
import Keys
import SGP22
import SecureElement
import TransportCard

/// A software eUICC whose power can go within any durable write.
public final class SimulatedCard {
  /// The storage, which counts the durable writes and can be told when power goes.
  public let power: PowerCutLog
  /// The device's end of the line.
  let link: InProcessCard
  private let memory: LogMemory
  private let vault: KeyVault

  /// What stands on the card.
  var contents: CardContents { CardContents(of: memory) }

  /// The circle's eUICC as its maker left it.
  convenience init(_ circle: SimulatedCircle, random: any RandomSource) throws {
    try self.init(circle.card, vault: circle.vault, random: random)
  }

  /// The eUICC whose memory's log is `log`.
  init(_ log: [UInt8], vault: KeyVault, random: any RandomSource) throws {
    power = PowerCutLog(VolatileLog(log))
    memory = try LogMemory(power)
    self.vault = vault
    link = InProcessCard(SoftwareEUICC(memory: memory, vault: vault, random: random))
  }

  /// Another card with the same in its memory: what is done to it does not concern this one.
  func copy(random: any RandomSource) -> InProcessCard {
    InProcessCard(SoftwareEUICC(memory: VolatileMemory(memory.map), vault: vault, random: random))
  }
}
