import Bytes
import Identifiers
import Keys
import ProfileMove
import Stations
import Store

/// The desk for moves: takes requests, knows where each move stands, hears persons and tells devices what is wanted.
public struct Desk: Deciding {
  /// How events are signed in the record.
  static let party = "DeviceChange"

  public let store: any Store
  let vault: KeyVault
  let rules: RiskRules
  /// Whose profile an ICCID is; nil for one that no subscriber has in use. Where nobody tells, nobody outside can ask for
  /// a move.
  public var subscribers: @Sendable (ICCID, any Reader) throws -> IMSI? = { _, _ in nil }
  let persons: [any PersonAuthentication]

  /// A desk over `store`, whose tables it brings up to date, and the vault that wraps the moves' secrets in it; a person
  /// shows who they are in one of the ways of `persons`.
  public init(
    store: any Store, vault: KeyVault, rules: RiskRules = RiskRules(),
    persons: [any PersonAuthentication] = [OneTimeCode(), DeviceKey()]
  ) throws {
    (self.store, self.vault, self.rules, self.persons) = (store, vault, rules, persons)
    try store.migrate([EventRecord.schema, Steps.schema, MoveTables.schema])
  }

  /// The desk over a store that has the tables, to look at them.
  package init(reading store: any Store, vault: KeyVault) {
    (self.store, self.vault, rules, persons) = (store, vault, RiskRules(), [])
  }

  func perform<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
    try store.retrying { store in try store.transaction(body) }
  }

  // MARK: Looking

  /// The move `id`.
  public func move(_ id: String) throws -> Move { try store.read { try MoveTable.find(id, in: $0) } }

  /// Moves after `id`, of one state or one subscriber where they are given, at most `limit`.
  public func moves(
    state: Move.State? = nil, imsi: IMSI? = nil, after id: String = "", limit: Int = 100
  ) throws -> [Move] {
    try store.read { try MoveTable.list(state: state, imsi: imsi, after: id, limit: limit, in: $0) }
  }

  /// The act behind a move: its next step, and why it does not go on.
  public func act(of id: String) throws -> Act? {
    try store.read { try Steps.act(MoveSteps.plan.name, subject: id, in: $0) }
  }

  /// Moves that somebody should look at: their last try brought nothing.
  public func failing(limit: Int = 100) throws -> [Act] {
    try store.read { try Steps.failing(MoveSteps.plan.name, limit: limit, in: $0) }
  }

  /// What happened to a move, oldest first.
  public func history(of id: String, limit: Int = 1000) throws -> [EventRecord.Entry] {
    try store.read { reader in
      _ = try MoveTable.find(id, in: reader)
      return try EventRecord.entries(correlation: id, limit: limit, in: reader)
    }
  }

  /// What a device names the move by; it goes to the person at that device.
  public func ticket(_ device: Move.Device, of move: Move) throws -> String {
    try MoveSecret(move, vault: vault).ticket(device)
  }

  func note(
    _ name: String, _ text: String, of id: String, kind: Event.Kind = .changed, now: Instant,
    in transaction: any Transaction
  ) throws(StoreError) {
    try EventRecord.append(
      Event(at: now, party: Self.party, kind: kind, name: name, correlation: id, body: .text(text)), in: transaction)
  }
}
