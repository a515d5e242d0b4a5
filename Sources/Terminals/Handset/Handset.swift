import Bytes
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureMessages
import Transport

/// A handset: a built-in identity module or a card in its slot, and what its maker put in (Figs 3, 21, 45).
public final class Handset {
  /// What the maker puts in.
  public struct Equipment: Sendable {
    /// The model's keys and approvals, as this unit keeps them.
    public var keys: UnitKeys
    /// The fixed patterns of the carriers: what is read is an ID if it has one of them.
    public var patterns: [[UInt8]]
    /// The services that the handset can serve.
    public var services: Set<String>
    /// Whose word on modules and carriers it takes.
    public var authorities: Authorities

    /// A handset of the model whose keys are given.
    public init(keys: UnitKeys, patterns: [[UInt8]], services: Set<String>, authorities: Authorities) {
      (self.keys, self.authorities) = (keys, authorities)
      (self.patterns, self.services) = (patterns, services)
    }
  }

  /// What the handset shows and does.
  public enum State: Hashable, Sendable {
    /// No power.
    case off
    /// It can be registered, and cannot be used before; it does not transmit.
    case unregistered
    /// It may be used. `unserved` are services that the subscriber has and this handset cannot serve.
    case ready(PublicInformation, unserved: [String])
    /// It cannot be used with what is in its slot, and does not transmit.
    case unusable
  }

  public let equipment: Equipment
  let random: any RandomSource
  private let link: any CardLink
  public internal(set) var state = State.off
  /// The flag of Fig. 3: "whether or not personal information has been written". It is set after command 8; a handset that
  /// lost power in between sets it when it reads the ID. One that takes cards has none (Fig. 21).
  public internal(set) var isIDWritten: Bool
  var clock: DeviceClock
  /// Whether the program registers the handset just now.
  var isRegistering = false

  /// A handset with what `link` reaches built in or in its slot; `isIDWritten` is its flag.
  public init(
    _ equipment: Equipment, module link: any CardLink, isIDWritten: Bool = false, clock: DeviceClock,
    random: any RandomSource
  ) {
    (self.equipment, self.link, self.clock, self.random) = (equipment, link, clock, random)
    self.isIDWritten = isIDWritten
  }

  /// Only a handset that has read its ID transmits.
  public var transmits: Bool { if case .ready = state { true } else { false } }

  /// What the program has set the transmitter to: very low power, on a frequency of its own, while it registers.
  public var radio: RadioSetting { isRegistering ? .registration : transmits ? .network : .off }

  /// What is on the display.
  public var display: [String] {
    switch state {
    case .off: []
    case .unregistered: ["not registered"]
    case .unusable: ["this handset cannot be used"]
    case .ready(let information, let unserved):
      [information.number] + unserved.map { "\($0) cannot be used with this handset" }
    }
  }

  /// Speaks to the module anew.
  func module() throws -> ModuleAccess {
    let module = try ModuleAccess(link)
    try module.check(equipment.authorities, by: clock)
    return module
  }

  /// Another handset, of the model whose key is given, with this one's module in it: what a thief would try.
  public func inAnotherBody(modelKey: PrivateKey) throws -> Handset {
    var other = equipment
    other.keys = try UnitKeys(modelKey: modelKey, unitKey: Secret(random.bytes(32)), random: random)
    return Handset(other, module: link, clock: clock, random: random)
  }

  /// The card sleeps until it is needed: "sleep mode is instructed to the IC card" (Fig. 46 (b)).
  func letModuleSleep() { link.sleep() }

  /// The battery is taken out.
  public func powerOff() { state = .off }
}
