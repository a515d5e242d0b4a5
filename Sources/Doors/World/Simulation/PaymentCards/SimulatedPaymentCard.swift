import Bytes
import CardIssuer
import Identifiers
import Keys
import OfflineCard
import PaymentCard
import SecureElement
import SecureMessages
import TransportCard

/// A payment card whose power can go within any durable write, and everything that it ever signed.
final class SimulatedPaymentCard {
  let number: CardNumber
  let registration: RegistrationNumber
  /// The storage, which counts the durable writes and can be told when power goes.
  let power = PowerCutLog(VolatileLog())
  /// A terminal's end of the line.
  let link: InProcessCard
  /// Of each service the newest record that the card made durable, whoever heard of it.
  private(set) var signed: [Int: UsageRecord] = [:]
  private let memory: LogMemory

  init(_ index: Int, of scheme: SimulatedScheme, in simulation: Simulation) throws {
    number = try CardNumber(String(9_000_000_000_000_001 + index))
    registration = try RegistrationNumber(String(1_000_000_001 + index))
    memory = try LogMemory(power)
    let random = simulation.random(for: "card \(index)")
    let vault = try KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))
    link = InProcessCard(SoftwarePaymentCard(memory: memory, vault: vault, random: random))
    try scheme.issue(number, to: registration, by: CardWriter(link))
    link.powerOff()
  }

  /// The records that the card keeps, by their numbers.
  func look() throws -> [Int: UsageRecord] {
    var kept: [Int: UsageRecord] = [:]
    for key in memory.map.keys(in: PaymentCard.area) where key.item & 0x8000_0000 != 0 {
      guard let bytes = memory.map[key] else { continue }
      let record = try Signed<UsageRecord>(encoded: Array(bytes.dropFirst(8))).claimedBody
      kept[record.number] = record
      if record.step > signed[record.number]?.step ?? -1 { signed[record.number] = record }
    }
    return kept
  }
}
