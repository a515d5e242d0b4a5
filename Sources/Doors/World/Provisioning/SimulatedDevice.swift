import APDU
import AuC
import Bytes
import Identifiers
import Keys
import ManagedEUICC
import Modem
import SGP02
import SecureElement
import Transport
import TransportCard

/// A device without a person: a modem with a managed eUICC, which looks for a network with what is enabled on it.
public final class SimulatedDevice {
  static let name = "Device"

  /// Where subscribers of a network are let in, and under which numbers.
  struct HomeNetwork {
    let auc: AuC.Desk
    let numbers: [IMSI: String]
  }

  public let eid: EID
  /// The storage, which counts the durable writes and can be told when power goes.
  public let power: PowerCutLog
  /// The networks whose cells the device is in.
  var networks: [HomeNetwork] = []
  /// The number under which it is in a network; nil where it is in none.
  private(set) var msisdn: String?
  /// Who was let in last.
  public private(set) var subscriber: IMSI?
  private let memory: LogMemory
  private let link: InProcessCard
  private let modem: Modem.Device
  private unowned let simulation: Simulation
  private unowned let centre: ShortMessageCentre
  private let random: SeededRandomSource
  private var life = 0
  /// Timers of the card that somebody looks at.
  private var awaited: Set<UInt8> = []

  init(
    _ card: [UInt8], eid: EID, vault: KeyVault, centre: ShortMessageCentre, in simulation: Simulation, name: String
  ) throws {
    (self.eid, self.centre, self.simulation) = (eid, centre, simulation)
    power = PowerCutLog(VolatileLog(card))
    memory = try LogMemory(power)
    random = simulation.random(for: "eUICC \(name)")
    link = InProcessCard(SoftwareM2MEUICC(memory: memory, vault: vault, random: random))
    modem = Modem.Device(link)
  }

  /// What stands on the card.
  var contents: CardContents { CardContents(of: memory) }

  // MARK: Up and down

  /// Switches the device on: the card is reset, a network is looked for, and the card is told.
  func start() throws {
    (life, awaited) = (life + 1, [])
    do {
      try modem.powerOn()
      try attach()
      try modem.network(isThere: msisdn != nil)
    } catch is LinkError { return crash() }
    try flush()
    guard msisdn == nil else { return }
    // It looks again, and tells the card each time: a card without a network falls back.
    later(.seconds(30)) { [self] in try look() }
  }

  private func look() throws {
    guard msisdn == nil else { return }
    do {
      try attach()
      try modem.network(isThere: msisdn != nil)
    } catch is LinkError { return crash() }
    try flush()
    if msisdn == nil { later(.seconds(60)) { [self] in try look() } }
  }

  /// The device dies, and its card with it; it comes back.
  func crash() {
    simulation.timeline.note("\(Self.name) restarts")
    link.powerOff()
    (msisdn, life) = (nil, life + 1)
    centre.attach(self, as: nil)
    later(.seconds(20)) { [self] in try start() }
  }

  private func later(_ pause: Duration, _ action: @escaping () throws -> Void) {
    let life = life
    simulation.timeline.after(pause) { [self] in if life == self.life { try action() } }
  }

  /// TS 33.102 §6.3: a network lets in whom its AuC knows and whose answer is right.
  private func attach() throws {
    (msisdn, subscriber) = (nil, nil)
    for network in networks {
      guard
        let outcome = try? NetworkAttachment(Unreset(link)).run(
          auc: network.auc, node: "mme", now: simulation.timeline.now, random: random)
      else { continue }
      (subscriber, msisdn) = (outcome.imsi, network.numbers[outcome.imsi])
      break
    }
    centre.attach(self, as: msisdn)
  }

  // MARK: Short messages

  /// A short message; what goes back in the report of delivery, nil where the device is not there.
  func receive(_ tpdu: [UInt8]) throws -> [UInt8]? {
    guard msisdn != nil else { return nil }
    do {
      let report = try modem.receive(tpdu)
      try flush()
      return report
    } catch is LinkError {
      crash()
      return nil
    }
  }

  /// Sends what the card wants sent, and does what else it wants.
  private func flush() throws {
    let messages = modem.submitted
    modem.submitted = []
    for message in messages { centre.submit(message, from: self) }
    if modem.wantsReset {
      simulation.timeline.note("eUICC → \(Self.name)  REFRESH")
      // What is on its way out goes out first, with the network that is.
      return later(.seconds(2)) { [self] in try start() }
    }
    for (timer, seconds) in modem.timers where awaited.insert(timer).inserted {
      later(.seconds(Int64(seconds))) { [self] in
        awaited.remove(timer)
        do { try modem.expire(timer: timer) } catch { return crash() }
        try flush()
      }
    }
  }
}

/// A card that has been reset already.
private final class Unreset: CardLink {
  private let link: any CardLink
  init(_ link: any CardLink) { self.link = link }
  func transmit(_ command: Command) throws(LinkError) -> Response { try link.transmit(command) }
  func reset() throws(LinkError) -> [UInt8] { [] }
}
