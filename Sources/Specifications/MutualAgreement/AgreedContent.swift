import GlobalPlatform
import Identifiers
import Keys
import TLV

/// What was agreed on, as the commands that do it. Both sides make the same commands of the same agreement, so that the
/// tokens which one signs are those that the other sends.
public struct AgreedContent: Sendable {
  /// A command, and what the card says in its receipt.
  public enum Command: Sendable {
    case delete(Delete)
    case load(Install)
    case install(Install)

    /// What a token for it signs.
    public var tokenData: [UInt8] {
      switch self {
      case .delete(let delete): delete.tokenData
      case .load(let install), .install(let install): install.tokenData
      }
    }
  }

  private let operation: ContentOperation
  private let sdi: StoringDataInformation
  private let domain: AID
  private let actor: AID
  private let card: CardName
  private let counter: Int?

  /// `actor` is the domain that does it: the issuer's in C2, the provider's `domain` otherwise. With a `counter` the
  /// commands bear the numbers of tokens from there on; without one they bear none.
  public init(
    _ operation: ContentOperation, _ sdi: StoringDataInformation, on card: CardName, domain: AID, actor: AID,
    counter: Int?
  ) {
    (self.operation, self.sdi, self.domain, self.actor) = (operation, sdi, domain, actor)
    (self.card, self.counter) = (card, counter)
  }

  /// The commands in order; nil where SDI is not complete.
  public var commands: [Command]? {
    var parameters = ContentParameters()
    func number(_ offset: Int) {
      parameters.tokenReference = counter.map { counter in
        TokenReference(
          issuer: card.issuer, card: card.number, provider: actor.bytes, number: UInt64(max(0, counter) + offset))
      }
    }
    number(0)
    let delete = Command.delete(
      Delete(.object(sdi.loadFile, related: true), tokenReference: parameters.tokenReference))
    guard operation == .store else { return [delete] }
    guard let size = sdi.size, let hash = sdi.hash, let module = sdi.module, let application = sdi.application else {
      return nil
    }
    var commands = sdi.isReplacing ? [delete] : []
    number(commands.count)
    parameters.codeSize = size
    commands.append(.load(Install(.load(file: sdi.loadFile, domain: domain, hash: hash), parameters: parameters)))
    number(commands.count)
    parameters.codeSize = nil
    commands.append(
      .install(
        Install(
          .install(
            file: sdi.loadFile, module: module, application: application, privileges: [], isSelectable: true),
          parameters: parameters)))
    return commands
  }

  /// The tokens of `key` for all commands; nil where SDI is not complete.
  public func tokens(by key: PrivateKey) throws(KeyError) -> [[UInt8]]? {
    guard let commands else { return nil }
    var tokens: [[UInt8]] = []
    for command in commands { tokens.append(try key.sign(command.tokenData)) }
    return tokens
  }

  /// Whether `tokens` are those of `key` for the commands, all and in order.
  public func isAllowed(by tokens: [[UInt8]], of key: PublicKey) -> Bool {
    guard let commands, commands.count == tokens.count else { return false }
    return zip(commands, tokens).allSatisfy { key.verifies($1, over: $0.tokenData) }
  }
}
