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

  /// What stands on the card.
  var contents: CardContents { CardContents(of: memory) }

  /// The circle's eUICC as its maker left it.
  init(_ circle: SimulatedCircle, random: any RandomSource) throws {
    power = PowerCutLog(VolatileLog(circle.card))
    memory = try LogMemory(power)
    link = InProcessCard(SoftwareEUICC(memory: memory, vault: circle.vault, random: random))
  }
}
