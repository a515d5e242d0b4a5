import Bytes
import Identifiers
import Keys
import ManagedEUICC
import SecureElement

/// A device in the field, in a simulation: its eUICC's storage can lose power at any write.
public final class SimulatedDevice {
  static let name = "Device"

  public let eid: EID
  /// The storage, which counts the durable writes and can be told when power goes.
  public let power: PowerCutLog
  private let memory: LogMemory
  private let random: SeededRandomSource
  private let vault: KeyVault
  private unowned let simulation: Simulation
  private unowned let centre: ShortMessageCentre
  /// What it does; its surroundings own nobody.
  private lazy var device = FieldDevice(
    SoftwareM2MEUICC(memory: memory, vault: vault, random: random),
    in: FieldDevice.Surroundings(
      now: { [unowned simulation] in simulation.timeline.now }, random: random,
      later: { [unowned simulation] in simulation.timeline.after($0, $1) },
      registered: { [unowned self] in centre.attach(self, as: $0) },
      submit: { [unowned self] in centre.submit($0, from: self) },
      note: { [unowned simulation] in simulation.timeline.note("\(Self.name): \($0)") }))

  init(
    _ card: [UInt8], eid: EID, vault: KeyVault, centre: ShortMessageCentre, in simulation: Simulation, name: String
  ) throws {
    (self.eid, self.vault, self.centre, self.simulation) = (eid, vault, centre, simulation)
    power = PowerCutLog(VolatileLog(card))
    memory = try LogMemory(power)
    random = simulation.random(for: "eUICC \(name)")
  }

  /// The networks whose cells the device is in.
  var networks: [FieldDevice.HomeNetwork] {
    get { device.networks }
    set { device.networks = newValue }
  }
  /// The number under which it is in a network; nil where it is in none.
  var msisdn: String? { device.msisdn }
  /// Who was let in last.
  public var subscriber: IMSI? { device.subscriber }

  /// What stands on the card.
  var contents: CardContents { CardContents(of: memory) }

  /// Switches the device on.
  func start() throws { try device.start() }
  /// The device dies, and its card with it; it comes back.
  func crash() { device.crash() }
  /// A short message; what goes back in the report of delivery, nil where the device is not there.
  func receive(_ tpdu: [UInt8]) throws -> [UInt8]? { try device.receive(tpdu) }
}
