import APDU
import AuC
import Bytes
import Identifiers
import Keys
import Modem
import Transport
import TransportCard

/// A device without a person: a modem with a managed eUICC, which looks for a network with what is enabled on it. It stays
/// on one thread, and says what is to happen later instead of waiting.
public final class FieldDevice {
  /// Where subscribers of a network are let in, and under which numbers.
  public struct HomeNetwork {
    let auc: AuC.Desk
    let numbers: [IMSI: String]

    /// Both.
    public init(auc: AuC.Desk, numbers: [IMSI: String]) { (self.auc, self.numbers) = (auc, numbers) }
  }

  /// What is around the device.
  public struct Surroundings {
    let now: () -> Instant
    let random: any RandomSource
    let later: (Duration, @escaping () throws -> Void) -> Void
    let registered: (String?) -> Void
    let submit: ([UInt8]) -> Void
    let note: (String) -> Void

    /// `later` does something after a while; `registered` is told the number under which the device is in a network, nil where
    /// it is in none; `submit` takes its short messages, `note` what happens to it.
    public init(
      now: @escaping () -> Instant, random: any RandomSource,
      later: @escaping (Duration, @escaping () throws -> Void) -> Void, registered: @escaping (String?) -> Void,
      submit: @escaping ([UInt8]) -> Void, note: @escaping (String) -> Void
    ) {
      (self.now, self.random, self.later) = (now, random, later)
      (self.registered, self.submit, self.note) = (registered, submit, note)
    }
  }

  /// The networks whose cells the device is in.
  public var networks: [HomeNetwork] = []
  /// The number under which it is in a network; nil where it is in none.
  public private(set) var msisdn: String?
  /// Who was let in last.
  public private(set) var subscriber: IMSI?
  private let link: InProcessCard
  private let modem: Modem.Device
  private let surroundings: Surroundings
  private var life = 0
  /// Timers of the card that somebody looks at.
  private var awaited: Set<UInt8> = []

  /// A device with `card`, not switched on.
  public init(_ card: any CardSide, in surroundings: Surroundings) {
    link = InProcessCard(card)
    modem = Modem.Device(link)
    self.surroundings = surroundings
  }

  // MARK: Up and down

  /// Switches the device on: the card is reset, a network is looked for, and the card is told.
  public func start() throws {
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
  public func crash() {
    surroundings.note("restarts")
    link.powerOff()
    (msisdn, life) = (nil, life + 1)
    surroundings.registered(nil)
    later(.seconds(20)) { [self] in try start() }
  }

  private func later(_ pause: Duration, _ action: @escaping () throws -> Void) {
    let life = life
    surroundings.later(pause) { [self] in if life == self.life { try action() } }
  }

  /// TS 33.102 §6.3: a network lets in whom its AuC knows and whose answer is right.
  private func attach() throws {
    (msisdn, subscriber) = (nil, nil)
    for network in networks {
      guard
        let outcome = try? NetworkAttachment(Unreset(link)).run(
          auc: network.auc, node: "mme", now: surroundings.now(), random: surroundings.random)
      else { continue }
      (subscriber, msisdn) = (outcome.imsi, network.numbers[outcome.imsi])
      break
    }
    surroundings.registered(msisdn)
  }

  // MARK: Short messages

  /// A short message; what goes back in the report of delivery, nil where the device is not there.
  public func receive(_ tpdu: [UInt8]) throws -> [UInt8]? {
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
    for message in messages { surroundings.submit(message) }
    if modem.wantsReset {
      surroundings.note("the eUICC wants a reset (REFRESH)")
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
