import APDU
import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureElement
import SecureMessages
import TLV

/// The identity module's control program: one for all kinds (EP 0 652 681, Tables 1 to 4).
public final class Module: Application {
  let vault: KeyVault

  // RAM: lost with the power.
  /// RDM: the last number that command 10 gave carriers.
  var challenge: Challenge?
  /// The last number that command 10 gave devices.
  var possessionChallenge: Challenge?
  /// Which command is in supervisor mode: on which channel, and how many commands the card has ended before it.
  var supervised: (channel: Int, endedCommands: Int)?
  /// Who has read the ID since there is power, and on which channel.
  var reader: (model: PublicKey, channel: Int)?

  init(vault: KeyVault) { self.vault = vault }

  public func identifiers(in exchange: Exchange) -> [AID] { [.identityModule] }

  /// The answer to SELECT is the module's certificate: everybody may know who it is.
  public func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    // Any channel but the basic one may have been closed meanwhile, and belong to somebody else.
    if exchange.channelIndex != 0, reader?.channel == exchange.channelIndex { reader = nil }
    return try Records(exchange.memory).readOnlyMemory.certificate.encoded
  }

  /// "Reached only by these commands": everything but them, SELECT and MANAGE CHANNEL is refused.
  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    // Supervisor mode lasts for exactly one following command: whichever it is, on whichever channel, and also where
    // the card itself refuses it.
    let isSupervised =
      supervised.map { $0 == (exchange.channelIndex, exchange.endedCommands) } ?? false
    if [0xA4, 0x70].contains(exchange.command.ins) { return nil }
    let call = ModuleCall(
      exchange, try openedMemory(exchange), isSupervised: isSupervised)
    guard let command = ModuleCommand.allCases.first(where: { $0.instruction == exchange.command.ins }),
      call.memory.commands.contains(command)
    else { throw StatusWordError(.instructionNotSupported) }
    guard exchange.command.cla & 0x80 != 0 else { throw StatusWordError(.classNotSupported) }
    return try run(command, call)
  }

  private func run(_ command: ModuleCommand, _ call: ModuleCall) throws(StatusWordError) -> Response {
    switch command {
    case .supervisorMode: try supervisorMode(call)
    case .signatureDataWrite: try signatureDataWrite(call)
    case .carrierKeyWrite: try carrierKeyWrite(call)
    case .signatureDataRead: try signatureDataRead(call)
    case .modelKeyRegistration: try modelKeyRegistration(call)
    case .modelKeyErase: try modelKeyErase(call)
    case .idWrite: try idWrite(call)
    case .idRead: try idRead(call)
    case .challenge: try challenge(call)
    case .carrierKeyRead: try carrierKeyRead(call)
    case .compute: try compute(call)
    }
  }

  private func openedMemory(_ exchange: Exchange) throws(StatusWordError) -> ReadOnlyMemory {
    let stored = try Records(exchange.memory).readOnlyMemory
    do { return try stored.opened(vault) } catch { throw StatusWordError(.technicalProblem) }
  }
}

/// One command with what it needs.
struct ModuleCall {
  let exchange: Exchange
  let memory: ReadOnlyMemory
  let records: Records
  let isSupervised: Bool

  init(_ exchange: Exchange, _ memory: ReadOnlyMemory, isSupervised: Bool) {
    (self.exchange, self.memory, self.isSupervised) = (exchange, memory, isSupervised)
    records = Records(exchange.memory)
  }

  var command: Command { exchange.command }
  var kind: ModuleKind { memory.claims.kind }
  /// The module as others address it, with its private key.
  var own: KeyHolder { KeyHolder(.module(memory.claims.number), key: memory.key) }

  /// The carrier keys in ROM and EEPROM, in their order.
  var carrierKeys: [CarrierKey] {
    carrierStatements.map(\.claimedBody)
  }

  /// The consortium's statements of the same: they were verified when they were written, or stand in ROM.
  var carrierStatements: [Signed<CarrierKey>] {
    if case .carrier(let carrier) = memory.load { return [carrier] }
    return records.carrierKeys
  }

  /// Whether a carrier withdrew the model with this key from the module.
  func isWithdrawn(_ model: PublicKey) -> Bool { records.withdrawnModels.contains { $0.key == model } }

  /// 6A86 where a parameter is not 00.
  func checkNoParameters() throws(StatusWordError) {
    guard command.p1 == 0, command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
  }

  /// The message that the data field is, all of it; 6A80 where it is none.
  func message<Body: TLVMessage>(_ type: Body.Type = Body.self) throws(StatusWordError) -> Body {
    do { return try Body(encoded: command.data) } catch { throw StatusWordError(.wrongData) }
  }

  /// A lasting statement of a party that has one of `keys`: it holds at the latest time that the same party told the
  /// module, at the module's manufacture or at its own beginning, whichever is last. 6A88 where nobody with a key says so, 6982 where
  /// it is not to be believed.
  func verified<Body: LastingBody>(
    _ statement: Signed<Body>, by keys: [KnownParty]
  ) throws(StatusWordError) -> (body: Body, signer: KnownParty) {
    let candidates = keys.filter { $0.party == statement.claimedSender }
    guard !candidates.isEmpty else { throw StatusWordError(.referencedDataNotFound) }
    guard let term = statement.claimedTerm else { throw StatusWordError(.securityStatus) }
    let now = max(records.timeSeen(of: statement.claimedSender), term.notBefore, memory.made)
    for key in candidates {
      guard let body = try? statement.verified(from: key, at: now) else { continue }
      return (body, key)
    }
    throw StatusWordError(.securityStatus)
  }

  /// A carrier's answer to `challenge`: 6985 where none was asked for, 6A88 and 6982 as above.
  func verified<Body: FreshBody>(
    _ message: Signed<Body>, answering challenge: Challenge?, by keys: [CarrierKey]
  ) throws(StatusWordError) -> (body: Body, signer: KnownParty) {
    guard let challenge else { throw StatusWordError(.conditionsOfUse) }
    let candidates = keys.filter { $0.carrier == message.claimedSender }
    guard !candidates.isEmpty else { throw StatusWordError(.referencedDataNotFound) }
    for key in candidates {
      if let body = try? message.verified(from: key.known, to: own.party, answering: challenge) {
        return (body, key.known)
      }
    }
    throw StatusWordError(.securityStatus)
  }
}

extension ReadOnlyMemory {
  /// When the module's maker certified it: what was over by then is over, although a module has no clock.
  var made: Instant { certificate.claimedTerm?.notBefore ?? Instant(seconds: 0) }

  /// Which commands a module of this make has (Tables 1 to 3).
  var commands: Set<ModuleCommand> {
    var commands: Set<ModuleCommand> = [
      .supervisorMode, .carrierKeyWrite, .modelKeyRegistration, .idWrite, .idRead, .challenge, .carrierKeyRead,
      .compute,
    ]
    switch claims.kind {
    case .handset: break
    case .terminal: commands.formUnion([.signatureDataWrite, .signatureDataRead])
    case .card: commands.insert(.modelKeyErase)
    }
    // With the carrier's key in ROM there is nothing that commands 1 and 4 could do.
    if case .carrier = load { commands.subtract([.supervisorMode, .carrierKeyWrite]) }
    return commands
  }
}
