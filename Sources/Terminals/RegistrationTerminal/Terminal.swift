import Bytes
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureMessages
import Store
import Transport

/// An IC-card registration terminal (Figs 23, 24): one module for each carrier, a selector, keypad and display. The card is
/// in its slot.
public final class Terminal {
  /// What the maker puts in.
  public struct Equipment: Sendable {
    /// KD_A and KE_A of the model, as this unit keeps them: no interface takes KD_A.
    public var keys: UnitKeys
    /// The fixed patterns of the carriers.
    public var patterns: [[UInt8]]
    /// Whose word on modules and carriers the terminal takes.
    public var authorities: Authorities

    /// A terminal of the model whose keys are given.
    public init(keys: UnitKeys, patterns: [[UInt8]], authorities: Authorities) {
      (self.keys, self.patterns, self.authorities) = (keys, patterns, authorities)
    }
  }

  /// A write permit that the selected carrier gave.
  struct Permit {
    let name: RegistrationName
    let until: Instant
    let carrier: KnownParty
  }

  public let equipment: Equipment
  let random: any RandomSource
  let memory: TerminalMemory
  var clock: DeviceClock
  private let modules: [Party: any CardLink]
  /// Which carrier the selector stands at.
  public private(set) var selected: Party?
  /// The one permit in hand; it is for one card.
  var permit: Permit?
  /// What is on the display.
  public internal(set) var display: [String] = []

  /// A terminal with `modules`, one for each carrier; `store` is its EEPROM.
  public init(
    _ equipment: Equipment, modules: [Party: any CardLink], store: any Store, clock: DeviceClock,
    random: any RandomSource
  ) throws {
    (self.equipment, self.modules, self.clock, self.random) = (equipment, modules, clock, random)
    memory = try TerminalMemory(store)
  }

  /// The selector switch 176. A permit is another carrier's then.
  public func select(_ carrier: Party) throws {
    guard modules[carrier] != nil else { throw DeviceError.notSelected }
    if selected != carrier { permit = nil }
    selected = carrier
    display = ["\(carrier)", try memory.isWritten(carrier) ? "registered" : "not registered"]
  }

  /// Whether a permit is in hand.
  public var mayWrite: Bool { permit != nil }

  /// The selected carrier's module.
  func module() throws -> (carrier: Party, module: ModuleAccess) {
    guard let selected, let link = modules[selected] else { throw DeviceError.notSelected }
    let module = try ModuleAccess(link)
    try module.check(equipment.authorities, by: clock)
    guard module.certificate.claimedBody.kind == .terminal else { throw DeviceError.foreignModule }
    return (selected, module)
  }

  /// Dials: RDM of the selected module goes to its carrier, who answers it (Fig. 29 (a) to (g), Fig. 32 (a) to (e)).
  func dial(_ line: any RegistrationLine) throws -> Registration {
    let (carrier, module) = try module()
    guard let course = try StartedRegistration(module, over: line).identified(by: equipment.authorities, clock),
      course.carrier.party == carrier
    else { throw DeviceError.foreignNetwork }
    clock.set(course.time)
    return course
  }

  /// Brings the selected carrier the receipts that it may not have: the line broke, or the power went. One that it does not
  /// wait for any more is forgotten: another ID was written later, or the registration is over. May be repeated.
  public func deliverReceipts(over line: any RegistrationLine) throws {
    guard let selected else { throw DeviceError.notSelected }
    for receipt in try memory.receipts(for: selected) {
      do { try deliver(receipt, over: line) } catch DeviceError.refused(.outOfOrder) { continue }
    }
  }

  /// Keeps the receipt until the carrier has it.
  func deliver(_ receipt: Signed<WriteReceipt>, over line: any RegistrationLine) throws {
    do { try line.deliver(receipt) } catch DeviceError.refused(.outOfOrder) {
      // The carrier does not wait for it any more: the registration is over, and begins again.
      try memory.forget(receipt)
      throw DeviceError.refused(.outOfOrder)
    }
    try memory.forget(receipt)
  }
}
